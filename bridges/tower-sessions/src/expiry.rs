//! tower-sessions' `Expiry` as ours, and its dates as system times.
//!
//! | tower-sessions | here |
//! | --- | --- |
//! | `OnSessionEnd` | `BrowserSession` |
//! | `OnInactivity(duration)` | `Idle`, in whole seconds |
//! | `AtDateTime(date)` | `At`, in whole seconds |

use sealed_session::Expiry;
use std::time::{Duration, SystemTime};
use tower_sessions_core::session::{self, Record};

/// Converts an expiry. A negative duration becomes zero, and a date before 1970 becomes 1970: the
/// session refuses both.
pub(crate) fn sealed(expiry: session::Expiry) -> Expiry {
    match expiry {
        session::Expiry::OnSessionEnd => Expiry::BrowserSession,
        session::Expiry::OnInactivity(duration) => {
            Expiry::Idle(Duration::from_secs(duration.whole_seconds().try_into().unwrap_or(0)))
        }
        session::Expiry::AtDateTime(date) => Expiry::At(system_time(date.unix_timestamp())),
    }
}

/// Returns `true` if the record's end has not come yet.
pub(crate) fn is_alive(record: &Record) -> bool {
    system_time(record.expiry_date.unix_timestamp()) > SystemTime::now()
}

fn system_time(unix: i64) -> SystemTime {
    let since = Duration::from_secs(unix.try_into().unwrap_or(0));
    SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
}
