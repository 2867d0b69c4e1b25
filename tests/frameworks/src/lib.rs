//! One conformance suite for every framework that the crate has an adapter for.
