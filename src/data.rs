use serde::{Serialize, de::DeserializeOwned};
pub(crate) struct Unencodable;
impl Unencodable {
    pub(crate) fn reason(&self) -> &'static str {
        "x"
    }
}
pub(crate) fn encode<T: Serialize + ?Sized>(v: &T, o: &mut Vec<u8>) -> Result<(), Unencodable> {
    o.extend(postcard::to_allocvec(v).map_err(|_| Unencodable)?);
    Ok(())
}
pub(crate) fn decode<T: DeserializeOwned>(b: &[u8]) -> Result<T, ()> {
    let (v, r) = postcard::take_from_bytes(b).map_err(|_| ())?;
    if r.is_empty() { Ok(v) } else { Err(()) }
}
