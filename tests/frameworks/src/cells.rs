//! The cells of the table framework × check that a framework makes impossible, with the reason. The
//! suite runs them too, and fails where one has become possible; README.md repeats them, and a test
//! holds the two against each other.

use crate::servers::Framework;

pub struct Impossible {
    pub framework: Framework,
    pub check: &'static str,
    pub reason: &'static str,
}

const NO_LAYER: &str =
    "there is no layer: the application calls `load` and `commit` itself, and holds what it loaded";

pub const IMPOSSIBLE: &[Impossible] = &[
    Impossible {
        framework: Framework::ActixWeb,
        check: "cookies_are_found_in_the_fields_of_http_2",
        reason: "actix-web's HTTP/2 is h2 0.3, for which RUSTSEC-2026-0258 names no fixed release, so this server is built without it; \
                 `cookies_are_found_in_several_fields` shows the adapter the same fields",
    },
    Impossible {
        framework: Framework::ActixWeb,
        check: "an_origin_is_compared_with_the_authority_of_http_2",
        reason: "actix-web's HTTP/2 is h2 0.3, for which RUSTSEC-2026-0258 names no fixed release, so this server is built without it",
    },
    Impossible {
        framework: Framework::Rocket,
        check: "a_good_cookie_is_found_beside_one_that_is_not_utf_8",
        reason: "Rocket drops a header field that is not UTF-8 whole, before any code of an application runs",
    },
    Impossible {
        framework: Framework::Hyper,
        check: "a_handle_that_outlives_a_panic_cannot_write",
        reason: "without an adapter nobody is left to say that no response will come; `SessionExchange` says it where it is dropped",
    },
    Impossible {
        framework: Framework::Hyper,
        check: "a_missing_layer_is_500_and_the_log_says_what_to_add",
        reason: NO_LAYER,
    },
    Impossible {
        framework: Framework::Hyper,
        check: "two_types_with_one_cookie_are_refused_by_name",
        reason: NO_LAYER,
    },
    Impossible {
        framework: Framework::Hyper,
        check: "one_type_with_two_cookies_is_refused_by_name",
        reason: NO_LAYER,
    },
    Impossible {
        framework: Framework::Hyper,
        check: "two_sessions_with_one_endpoint_are_refused_by_name",
        reason: NO_LAYER,
    },
];

pub fn impossible(framework: Framework, check: &str) -> Option<&'static str> {
    IMPOSSIBLE
        .iter()
        .find(|cell| cell.framework == framework && cell.check == check)
        .map(|cell| cell.reason)
}
