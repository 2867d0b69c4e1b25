//! Keys: one key (`key`), which of a ring seals and opens at a time (`ring`), and the text that holds a ring (`text`).

mod key;
mod ring;
mod text;

pub use key::{Key, KeyId};
pub(crate) use ring::Ring;
pub use ring::{KeyInfo, KeyRing};
