use crate::{encoding::Encoding, session_data::SessionData};
pub(crate) fn empty<T: SessionData>(e: Encoding) -> Result<Vec<u8>, String> {
    e.encode(&T::default()).map_err(|s| s.to_string())
}
