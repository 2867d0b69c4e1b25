//! Keys: one key (`key`), which key of a ring seals and which open at a time (`ring`), a ring's
//! text (`text`), a ring that can be replaced (`key_ring`), and one that follows a file
//! (`key_file`, read by `file_source`).

mod file_source;
mod key;
mod key_file;
mod key_ring;
mod ring;
mod source;
mod text;

pub use crate::error::ring::{KeyProblem, Place, RingError};
pub use key::{Key, KeyId};
pub use key_file::KeyFile;
pub use key_ring::{KeyInfo, KeyRing};
#[cfg(feature = "cli")]
pub(crate) use ring::Entry;
pub(crate) use ring::Ring;
#[cfg(feature = "cli")]
pub(crate) use text::{contents, parse_time, print_time};
