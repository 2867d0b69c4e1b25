use serde::{Deserialize, Serialize};
#[derive(Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map(std::collections::BTreeMap<String, String>);
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapError;
impl std::fmt::Display for MapError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
pub(crate) fn encode(m: &Map, o: &mut Vec<u8>) {
    o.extend(postcard::to_allocvec(m).unwrap_or_default())
}
pub(crate) fn decode(b: &[u8]) -> Result<Map, ()> {
    postcard::from_bytes(b).map_err(|_| ())
}
