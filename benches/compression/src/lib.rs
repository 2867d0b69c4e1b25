//! sealed-session's data under several compressors. The programs of this package print what they
//! measure as Markdown.

pub mod codecs;
pub mod sessions;
