//! Published
