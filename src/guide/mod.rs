//! The guides of `docs/`. Their examples are compiled and run.
//!
//! In the repository a guide's links lead to files. The definitions before each guide give the same
//! links their targets in this documentation: the first definition of a link counts (CommonMark
//! 0.31 §4.7).

macro_rules! repository {
    () => {
        concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/")
    };
}

/// A link from `docs/` to a file of the repository.
macro_rules! link {
    ($path:literal) => {
        concat!("[../", $path, "]: ", repository!(), $path)
    };
}

macro_rules! guide {
    ($name:ident, $file:literal) => {
        #[doc = link!("README.md")]
        #[doc = link!("README.md#when-not-to-use-cookie-sessions")]
        #[doc = link!("SECURITY.md")]
        #[doc = link!("SECURITY.md#how-much-one-key-may-seal")]
        #[doc = link!("SPEC.md")]
        #[doc = link!("benches/edge/src/lib.rs")]
        #[doc = link!("deploy/observing/alerts.yaml")]
        #[doc = link!("deploy/observing/alerts_test.yaml")]
        #[doc = link!("deploy/observing/dashboard.json")]
        #[doc = link!("bridges/tower-sessions/README.md")]
        #[doc = link!("deploy/README.md")]
        #[doc = link!("examples/edge/README.md")]
        #[doc = link!("examples/edge/reader")]
        #[doc = link!("examples/observing/README.md")]
        #[doc = link!("examples/recipes/README.md")]
        #[doc = link!("examples/recipes/src/current_user.rs")]
        #[doc = link!("examples/recipes/src/device_bound.rs")]
        #[doc = link!("examples/recipes/src/links_by_email.rs")]
        #[doc = link!("examples/recipes/src/middleware.rs")]
        #[doc = link!("examples/recipes/src/sign_in_with_a_password.rs")]
        #[doc = link!("examples/recipes/src/sign_in_with_oauth.rs")]
        #[doc = link!("examples/recipes/src/step_up.rs")]
        #[doc = link!("examples/recipes/src/too_large.rs")]
        #[doc = link!("examples/redis/README.md")]
        #[doc = link!("examples/shops/README.md")]
        #[doc = link!("tests/data/timeline.keys")]
        #[doc = link!("tests/edge/README.md")]
        #[doc = link!("tests/edge/tests/shared.rs")]
        #[doc = link!("tests/frameworks")]
        #[doc = link!("tests/frameworks/my-app/src/lib.rs")]
        #[doc = link!("tests/vectors/v1.json")]
        #[doc = "[changing-types.md]: crate::guide::changing_types"]
        #[doc = "[changing-types.md#partitioned-on-or-off]: crate::guide::changing_types#partitioned-on-or-off"]
        #[doc = "[cross-site.md]: crate::guide::cross_site"]
        #[doc = "[cross-site.md#exceptions]: crate::guide::cross_site#exceptions"]
        #[doc = "[cross-site.md#what-clients-do-with-a-403]: crate::guide::cross_site#what-clients-do-with-a-403"]
        #[doc = "[device-bound.md]: crate::guide::device_bound"]
        #[doc = "[device-bound.md#operating]: crate::guide::device_bound#operating"]
        #[doc = "[edge.md]: crate::guide::edge"]
        #[doc = "[from-django.md]: crate::guide::from_django"]
        #[doc = "[leaked-key.md]: crate::guide::leaked_key"]
        #[doc = "[moving-in.md]: crate::guide::moving_in"]
        #[doc = "[moving-in.md#what-else-to-know]: crate::guide::moving_in#what-else-to-know"]
        #[doc = "[rotation.md]: crate::guide::rotation"]
        #[doc = "[observing.md]: crate::guide::observing"]
        #[doc = concat!("[performance.md]: ", repository!(), "docs/performance.md")]
        #[doc = concat!("[rules.md]: ", repository!(), "docs/rules.md")]
        #[doc = concat!("[rules.md#56-commit]: ", repository!(), "docs/rules.md#56-commit")]
        #[doc = concat!("[rules.md#57-status]: ", repository!(), "docs/rules.md#57-status")]
        #[doc = "[testing.md]: crate::guide::testing"]
        #[doc = "[tickets.md]: crate::guide::tickets"]
        #[doc = concat!("[rules.md#515-checks-and-ends]: ", repository!(), "docs/rules.md#515-checks-and-ends")]
        #[doc = "[size.md]: crate::guide::size"]
        #[doc = concat!("[timeline.svg]: ", repository!(), "docs/timeline.svg?raw=true")]
        #[doc = ""]
        #[doc = include_str!(concat!("../../docs/", $file))]
        pub mod $name {}
    };
}

#[cfg(any(not(doctest), feature = "shape"))]
guide!(changing_types, "changing-types.md");
#[cfg(any(not(doctest), feature = "shape"))]
guide!(rotation, "rotation.md");
#[cfg(any(not(doctest), feature = "shape"))]
guide!(leaked_key, "leaked-key.md");
#[cfg(any(not(doctest), all(feature = "compression", feature = "map")))]
guide!(size, "size.md");
#[cfg(any(not(doctest), all(feature = "map", feature = "shape")))]
guide!(tickets, "tickets.md");
#[cfg(any(not(doctest), feature = "map"))]
guide!(observing, "observing.md");
guide!(edge, "edge.md");
#[cfg(any(not(doctest), all(feature = "axum", feature = "map", feature = "testing")))]
guide!(everyday, "everyday.md");
#[cfg(any(not(doctest), feature = "map"))]
guide!(cross_site, "cross-site.md");
#[cfg(any(not(doctest), all(feature = "axum", feature = "dbsc", feature = "map")))]
guide!(device_bound, "device-bound.md");
#[cfg(any(not(doctest), feature = "axum"))]
guide!(from_django, "from-django.md");

// The examples of these need every framework, or other session libraries. `tests/moving-in` and
// `tests/frameworks/my-app` hold them as code, and check that the pages show that code.
#[cfg(not(doctest))]
guide!(testing, "testing.md");
#[cfg(not(doctest))]
guide!(moving_in, "moving-in.md");
#[cfg(not(doctest))]
guide!(moving_out, "moving-out.md");
