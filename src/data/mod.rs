//! The application's value ⇄ bytes: the encodings, and the shapes that distinguish one type's bytes
//! from another's.

pub(crate) mod encoding;
#[cfg(feature = "map")]
pub(crate) mod map;
pub(crate) mod postcard;
pub(crate) mod schema;
pub(crate) mod session_data;
pub(crate) mod shape;
