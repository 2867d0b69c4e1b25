//! Values → HTML text: whatever is no literal of this program goes through [`text`], and times
//! through [`time`] and [`span`].

use std::fmt::Display;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// Escapes for HTML text and for attributes in double quotes.
pub fn text(value: impl Display) -> String {
    let mut escaped = String::new();
    for character in value.to_string().chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `1 cookie`, `2 cookies`.
pub fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `2026-12-01 09:30:00 UTC`.
pub fn time(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let Some(date) =
        i64::try_from(since).ok().and_then(|since| OffsetDateTime::from_unix_timestamp(since).ok())
    else {
        return format!("{since} s after 1970"); // after the year 9999
    };
    let (month, (hour, minute, second)) = (u8::from(date.month()), date.to_hms());
    format!("{:04}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02} UTC", date.year(), date.day())
}

/// `13 days 23 h`: the two largest units.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        (1, ..) => format!("1 day {hours} h"),
        _ => format!("{days} days {hours} h"),
    }
}
