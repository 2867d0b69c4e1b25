//! Keys: one key (`key`), which of a ring seals and opens at a time (`ring`), the text that holds a ring (`text`), the handle of one
//! (`key_ring`), the file of one that may change (`key_file`, and how it is looked at, `watched`, behind what `source` asks of it), and what
//! may be shown of a name that could be a key (`redact`).

mod file_source;
mod key;
mod key_file;
mod key_ring;
pub(crate) mod redact;
mod ring;
mod source;
mod text;

pub use crate::error::ring::{KeyProblem, Place, RingError};
pub use key::{Key, KeyId};
pub use key_file::KeyFile;
pub use key_ring::{KeyInfo, KeyRing};
#[cfg(feature = "cli")]
pub(crate) use redact::redacted;
pub(crate) use redact::redacted_path;
#[cfg(feature = "cli")]
pub(crate) use ring::Entry;
pub(crate) use ring::Ring;
#[cfg(feature = "cli")]
pub(crate) use text::{contents, parse_time, print_time};
