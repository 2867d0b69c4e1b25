//! A session's data, as tower-sessions' `Record` has it and as a `Map`.

use sealed_session::error::MapError;
use sealed_session::{Map, Session};
use std::collections::HashMap;
use std::time::SystemTime;
use tower_sessions_core::session::{Id, Record};

/// Returns a record of what the session holds.
pub(crate) fn of(session: &Session<Map>) -> Result<Record, MapError> {
    Ok(Record {
        id: id_of(session).unwrap_or_default(),
        data: session.entries()?.into_iter().collect(),
        // `Session` sets it before each save, and reads it nowhere.
        expiry_date: SystemTime::UNIX_EPOCH.into(),
    })
}

/// Returns the session's own id, if it has one. Both are 16 bytes.
pub(crate) fn id_of(session: &Session<Map>) -> Option<Id> {
    session.id().map(|id| Id(i128::from_le_bytes(id.to_bytes())))
}

/// Returns a record's data as a map.
pub(crate) fn to_map(data: &HashMap<String, serde_json::Value>) -> Result<Map, MapError> {
    let mut map = Map::new();
    for (key, value) in data {
        map.insert(key, value)?;
    }
    Ok(map)
}
