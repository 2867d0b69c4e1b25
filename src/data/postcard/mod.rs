//! The positional encoding: the application's value ⇄ bytes in postcard's format, read strictly.
//! This is the only module that names postcard.
//!
//! It is stricter than postcard in five points:
//!
//! - A field that `skip_serializing_if` leaves out is an error. Postcard writes nothing for it and
//!   then reads the next field's bytes in its place.
//! - Bytes after the value are an error.
//! - At most [`NESTING`](crate::limits::NESTING) parts nest, in both directions. This bounds the
//!   stack.
//! - All sequences and maps together claim at most as many entries as there are bytes. This bounds
//!   the work.
//! - A `char` is exactly one character.
//!
//! ```text
//! Visit { user: Some(7), cart: vec![1, 300] }  ⇄  01 07 02 01 ac 02
//! ```

mod call;
mod fields;
mod output;
mod read;
mod same;
mod serializer;
mod stop;
mod tree;
mod write;

pub(crate) use fields::field_lengths;
pub(crate) use read::{Undecodable, decode};
pub(crate) use same::{is_same, may_be_same};
#[cfg(feature = "shape")]
pub(crate) use stop::Stop;
pub(crate) use write::{Unencodable, encode, encode_with_calls, encodes_to};
