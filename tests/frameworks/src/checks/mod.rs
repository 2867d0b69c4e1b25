//! What must be seen on the socket, whatever the framework. Each check panics where it is not.
//!
//! Names are claims. Each begins with a visitor who has not been here, at `contract::START`.

mod basics;
mod bodies;
mod caching;
mod cookies;
mod cross_origin;
mod device;
mod layers;
mod lifetime;
mod responses;
mod size;

use crate::contract::App;
use crate::site::Site;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub struct Check {
    pub name: &'static str,
    /// The servers that it needs.
    pub apps: &'static [App],
    pub run: fn(&Site),
}

impl Check {
    /// Runs the check on `site`, which no other check uses meanwhile. If the site names a reason why
    /// the check is impossible, the check must fail.
    ///
    /// # Errors
    /// What was not seen, or that it is possible after all.
    pub fn judge(
        &self,
        impossible: Option<&str>,
        site: impl FnOnce(fn(&Site)),
    ) -> Result<(), String> {
        match (catch_unwind(AssertUnwindSafe(|| site(self.run))), impossible) {
            (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
            (Ok(()), Some(reason)) => Err(format!(
                "it is possible now: take it out of src/cells.rs, which says that {reason}"
            )),
            (Err(panic), None) => {
                let text = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied());
                Err(text.unwrap_or("it panicked").to_owned())
            }
        }
    }
}

/// `module: check, check;`, and in brackets the servers that a check needs beside `App::Standard`.
macro_rules! checks {
    ($($module:ident: $($name:ident $([$app:ident])?),+;)+) => {
        pub const ALL: &[Check] = &[$($(
            Check { name: stringify!($name), apps: &[App::Standard $(, App::$app)?], run: $module::$name },
        )+)+];
    };
}

checks! {
    basics:
        a_first_write_sets_the_cookie,
        the_cookie_has_its_attributes,
        a_change_sends_the_cookie_anew,
        an_update_that_changes_nothing_sends_nothing,
        an_untouched_response_is_that_without_the_layer[Bare],
        a_session_that_is_asked_for_and_not_touched_says_nothing,
        purge_deletes_the_cookie_with_every_attribute,
        renew_keeps_the_data_under_a_new_id,
        an_empty_session_sets_no_cookie,
        an_update_that_empties_the_session_deletes_its_cookie,
        a_flash_message_is_shown_once,
        signing_out_leaves_its_message_and_then_nothing;
    lifetime:
        an_idle_session_is_over,
        an_old_session_is_over_however_often_it_was_visited,
        a_visit_refreshes_the_cookie_after_a_tenth,
        a_poll_can_leave_out_its_refresh,
        a_session_can_end_with_the_browser,
        a_session_can_have_an_end_of_its_own,
        keys_rotate_in_the_middle_of_traffic,
        a_session_under_a_forgotten_key_is_over_and_its_cookie_stays;
    cookies:
        a_tampered_cookie_is_refused_and_left_where_it_is,
        of_several_cookies_the_one_issued_last_counts,
        junk_beside_a_good_cookie_does_no_harm,
        cookies_are_found_in_several_fields,
        cookies_are_found_in_the_fields_of_http_2,
        a_percent_encoded_name_is_not_ours,
        a_name_behind_an_odd_blank_is_not_ours,
        a_good_cookie_is_found_among_a_thousand,
        a_good_cookie_is_found_beside_a_field_that_is_not_utf_8,
        a_good_cookie_is_found_beside_one_that_is_not_utf_8,
        a_header_beyond_the_limit_is_4xx_and_the_server_lives_on,
        a_form_of_another_site_is_cross_site,
        a_form_cannot_hide_its_method,
        a_sign_in_from_another_site_works;
    cross_origin:
        a_form_of_another_origin_is_refused_before_its_handler[CrossOrigin],
        a_form_field_does_not_make_it_allowed[CrossOrigin],
        what_browsers_and_programs_send_for_our_pages_passes[CrossOrigin],
        an_origin_is_compared_with_the_host_and_its_port[CrossOrigin],
        an_origin_is_compared_with_the_authority_of_http_2[CrossOrigin],
        a_host_of_another_letter_case_is_another[CrossOrigin],
        an_ipv6_address_and_a_punycode_name_are_hosts[CrossOrigin],
        a_trusted_origin_passes[CrossOrigin],
        an_exempt_path_passes_as_it_is_written_and_no_other[CrossOrigin],
        of_several_fields_the_first_is_judged[CrossOrigin];
    device:
        a_page_offers_the_binding_and_is_not_stored[Bound],
        a_registration_is_answered_with_a_proof[Bound],
        a_sign_in_binds_and_its_cookie_alone_is_unproven[Bound],
        a_refresh_takes_a_signature_and_brings_a_new_proof[Bound],
        keys_rotate_under_a_bound_session[Bound],
        an_endpoint_takes_a_post_of_its_own_origin_alone[Bound],
        a_path_beside_the_endpoints_is_the_applications[Bound],
        a_sign_out_ends_the_proof_and_the_next_refresh[Bound];
    responses:
        a_4xx_saves,
        a_5xx_saves_nothing,
        a_redirect_saves,
        a_304_saves_a_change_and_refreshes_nothing,
        head_is_as_get,
        a_panic_saves_nothing,
        a_handle_that_outlives_a_panic_cannot_write,
        purge_is_carried_out_on_a_5xx,
        what_is_too_large_is_500_and_the_session_stays,
        a_handlers_session_error_has_its_status,
        an_early_answer_of_a_middleware_saves,
        an_error_of_a_middleware_saves,
        an_error_of_a_middleware_without_a_touch_says_nothing,
        another_set_cookie_of_the_handler_is_kept;
    bodies:
        a_streaming_body_reads_and_cannot_write,
        a_first_touch_in_a_streaming_body_counts,
        server_sent_events_carry_the_session,
        a_websocket_upgrade_saves_and_its_socket_cannot,
        a_websocket_upgrade_refreshes_nothing,
        a_handle_that_is_kept_cannot_write;
    caching:
        a_touched_response_is_private_and_varies,
        vary_is_merged,
        cache_control_is_merged,
        a_public_response_may_read,
        what_sets_the_cookie_is_never_public,
        no_store_is_never_weakened,
        a_cdn_is_told_not_to_store_the_cookie,
        a_public_response_refreshes_nothing;
    size:
        a_session_too_large_for_one_cookie_is_set_in_several,
        pieces_are_found_in_any_order,
        a_missing_piece_gives_no_session_and_deletes_nothing,
        growing_and_shrinking_leaves_no_piece_behind,
        purge_deletes_every_piece,
        a_refresh_sends_every_piece,
        every_kind_of_response_sends_every_piece,
        another_set_cookie_beside_pieces_is_kept,
        a_session_is_compressed_and_padded;
    layers:
        two_sessions_live_side_by_side,
        the_session_stands_anywhere_among_the_arguments,
        visitors_at_the_same_time_have_each_their_own,
        a_missing_layer_is_500_and_the_log_says_what_to_add,
        the_same_layer_twice_commits_once[Twice],
        two_types_with_one_cookie_are_refused_by_name[SameCookie],
        one_type_with_two_cookies_is_refused_by_name[SameType],
        two_sessions_with_one_endpoint_are_refused_by_name[SameEndpoint];
}
