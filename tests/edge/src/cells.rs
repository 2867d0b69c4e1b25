//! The cells of the table platform × check that a platform makes impossible, with the reason. The
//! suite runs them too, and fails if one has become possible. README.md repeats them, and a test
//! compares the two.

use crate::platform::Platform;

pub struct Impossible {
    pub platform: Platform,
    pub check: &'static str,
    pub reason: &'static str,
}

const JOINED: &str = "a Worker sees the fields of one name joined by commas, and in `Cookie` a comma separates nothing; browsers send one field, \
                      and Cloudflare joins those of HTTP/2 by semicolons";
const COMMAS: &str =
    "a Worker sees the fields of one name joined by commas, and such a value is always refused";
const HTTP_1: &str = "the local server speaks HTTP/1.1 alone; in production the platform's front end turns HTTP/2 into what the module sees";
const NO_PORT: &str =
    "the local server drops the port of HTTP/2's `:authority` if the request has no `Host`";
const PANIC: &str = "a panic ends the instance, and every handle with it";
const INSTANCE: &str = "each request has an instance of its own, and no handle outlives it";
const UPGRADE: &str = "a module cannot upgrade a connection";
const NO_LAYER: &str =
    "there is no layer: the application calls `load` and `commit` itself, and holds what it loaded";

macro_rules! impossible {
    ($($platform:ident: $($check:ident $reason:ident),+;)+) => {
        pub const IMPOSSIBLE: &[Impossible] = &[$($(
            Impossible { platform: Platform::$platform, check: stringify!($check), reason: $reason },
        )+)+];
    };
}

impossible! {
    Cloudflare:
        cookies_are_found_in_several_fields JOINED,
        cookies_are_found_in_the_fields_of_http_2 HTTP_1,
        a_good_cookie_is_found_beside_a_field_that_is_not_utf_8 JOINED,
        an_origin_is_compared_with_the_authority_of_http_2 HTTP_1,
        of_several_fields_the_first_is_judged COMMAS,
        a_handle_that_outlives_a_panic_cannot_write PANIC;
    Fastly:
        an_origin_is_compared_with_the_authority_of_http_2 NO_PORT,
        a_handle_that_outlives_a_panic_cannot_write PANIC,
        a_websocket_upgrade_saves_and_its_socket_cannot UPGRADE,
        a_websocket_upgrade_refreshes_nothing UPGRADE,
        a_handle_that_is_kept_cannot_write INSTANCE,
        a_missing_layer_is_500_and_the_log_says_what_to_add NO_LAYER,
        two_types_with_one_cookie_are_refused_by_name NO_LAYER,
        one_type_with_two_cookies_is_refused_by_name NO_LAYER,
        two_sessions_with_one_endpoint_are_refused_by_name NO_LAYER;
    WasiHttp:
        cookies_are_found_in_the_fields_of_http_2 HTTP_1,
        an_origin_is_compared_with_the_authority_of_http_2 HTTP_1,
        a_handle_that_outlives_a_panic_cannot_write PANIC,
        a_websocket_upgrade_saves_and_its_socket_cannot UPGRADE,
        a_websocket_upgrade_refreshes_nothing UPGRADE,
        a_handle_that_is_kept_cannot_write INSTANCE;
}

pub fn impossible(platform: Platform, check: &str) -> Option<&'static str> {
    IMPOSSIBLE
        .iter()
        .find(|cell| cell.platform == platform && cell.check == check)
        .map(|cell| cell.reason)
}
