//! From a cookie of ours to a row of a database.

use crate::Visit;
use sealed_session::Sessions;
use std::error::Error;

/// The user, and the whole session as JSON.
pub fn row(
    sessions: &Sessions<Visit>,
    value: &str,
) -> Result<(Option<u64>, String), Box<dyn Error>> {
    let visit = sessions.open(value)?;
    Ok((visit.user, serde_json::to_string(&visit)?))
}
