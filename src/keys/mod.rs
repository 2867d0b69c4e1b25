//! Keys: one key (`key.rs`), the rules for which key of a ring seals and which keys open
//! (`ring.rs`), a ring's text (`text.rs`), a ring that can be replaced (`key_ring.rs`), a ring that
//! follows a file (`key_file.rs`, `file_source.rs`), and a ring from the environment
//! (`environment.rs`).

mod environment;
mod file_source;
mod key;
mod key_file;
mod key_ring;
mod ring;
mod source;
mod text;

pub use key::{Key, KeyId};
pub use key_file::KeyFile;
pub use key_ring::{KeyInfo, KeyRing};
pub(crate) use ring::{Entry, Ring};
pub(crate) use text::contents;
#[cfg(feature = "config")]
pub(crate) use text::{parse_time, print_time};
