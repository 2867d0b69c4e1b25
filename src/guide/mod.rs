//! The guides of `docs/`. Their examples are compiled and run.
//!
//! In the repository a guide's links lead to files. `links.md` stands before each guide and gives
//! the same links their targets in this documentation: the first definition of a link counts
//! (CommonMark 0.31 §4.7).

macro_rules! guide {
    ($name:ident, $file:literal) => {
        #[doc = include_str!("links.md")]
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
guide!(edge, "edge.md");
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
