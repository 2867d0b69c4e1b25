//! Types that sessions hold → their shapes, by the crate's public face. The tests of this package
//! compare them with `tests/vectors/shapes.json`.
//!
//! ```text
//! shape_of::<types::Visit>()  →  Ok(("Visit{user:option u64,cart:[u32]}", "8d9193c8"))
//! ```

pub mod carried;
pub mod changed;
pub mod choosy;
#[path = "../../support/dynamic.rs"]
pub mod dynamic;
pub mod refused;
pub mod types;

use sealed_session::{Encoding, KeyRing, Sessions, Suite};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Text (without the encoding's name before it) and shape (hexadecimal) of a type, or the sentence
/// that refuses it.
pub type Shape = Result<(String, String), String>;

pub fn shape_of<T: Default + Serialize + DeserializeOwned + Send + Sync + 'static>() -> Shape {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).map_err(|error| error.to_string())?;
    let sessions = Sessions::<T>::builder(ring).build().map_err(|error| error.to_string())?;
    let shape = sessions.shape().iter().map(|byte| format!("{byte:02x}")).collect();
    let text = sessions.shape_text().unwrap_or_default();
    Ok((text.strip_prefix("postcard ").unwrap_or(text).to_owned(), shape))
}

pub fn is_carried_by_name<T: Default + Serialize + DeserializeOwned + Send + Sync + 'static>()
-> bool {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).expect("the system has randomness");
    Sessions::<T>::builder(ring).encoding(Encoding::Named).build().is_ok()
}

/// `[("Name", shape_of::<Type>()), …]`, the name being the type as written unless another is given.
#[macro_export]
macro_rules! shapes {
    ($($type:ty $(as $name:literal)?,)*) => {
        vec![$(($crate::shapes!(@name $type $(, $name)?), $crate::shape_of::<$type>())),*]
    };
    (@name $type:ty) => { stringify!($type) };
    (@name $type:ty, $name:literal) => { $name };
}
