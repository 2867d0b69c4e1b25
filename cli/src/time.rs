//! Times as people write them ⇄ Unix seconds: RFC 3339 as in a ring's text, `now`, or a span from
//! now. Also spans in words.
//!
//! Spans: `30s`, `10min`, `1.5h`, `90d`, `2 weeks`, `1d12h`; `-1d` is a day ago.

use crate::failure::Failure;
use crate::ring::unix;
use sealed_session::clock::Clock;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
/// A longer span is a typing error.
const LONGEST: u64 = 100 * 365 * DAY;
/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

pub(crate) fn now() -> u64 {
    Clock::system().now().as_secs()
}

/// Formats a time as RFC 3339 in UTC.
pub(crate) fn print(seconds: u64) -> String {
    if seconds > LAST {
        return String::from("after the year 9999");
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Like `print`, but for a ring's text.
pub(crate) fn for_ring(seconds: u64) -> Result<String, Failure> {
    if seconds > LAST {
        return Err(Failure::wrong_use(
            "the time is after the year 9999, which a ring cannot hold: give an earlier time",
        ));
    }
    Ok(print(seconds))
}

/// Parses RFC 3339 in capital letters, with `Z` or an offset and in whole seconds.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (time, zone) = text.split_at_checked("2026-12-01T00:00:00".len())?;
    // A leap second is refused, as in a ring's text.
    if time.as_bytes()[10] != b'T' || time.ends_with("60") {
        return None;
    }
    let seconds = unix(humantime::parse_rfc3339(&format!("{time}Z")).ok()?);
    let offset = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return None;
        }
        let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * HOUR + minutes * MINUTE)
    };
    match zone.split_at_checked(1)? {
        ("Z", "") => Some(seconds),
        ("+", ahead) => seconds.checked_sub(offset(ahead)?),
        ("-", behind) => Some(seconds + offset(behind)?).filter(|seconds| *seconds <= LAST),
        _ => None,
    }
}

/// Formats a time with its distance from `now`.
pub(crate) fn print_beside(seconds: u64, now: u64) -> String {
    let relative = match seconds.checked_sub(now) {
        Some(0) => String::from("now"),
        Some(ahead) => format!("in {}", about(ahead)),
        None => format!("{} ago", about(now - seconds)),
    };
    format!("{} ({relative})", print(seconds))
}

/// Formats a span in its largest unit, rounded down.
pub(crate) fn about(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..MINUTE => (seconds, "second"),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) u64);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // humantime takes `M` for a month of 30.44 days, and `m` for a minute.
        if text.contains('M') {
            return Err(String::from("`M` is not a unit: write `min` for minutes, or give days"));
        }
        let span = humantime::parse_duration(text).map_err(|_| {
            String::from(
                "invalid span: expected a number with a unit, such as 30s, 10min, 1.5h, 90d or 2w",
            )
        })?;
        if span.subsec_nanos() > 0 {
            return Err(String::from("invalid span: expected whole seconds, such as 30s"));
        }
        if span.as_secs() > LONGEST {
            return Err(String::from("the span is longer than a hundred years: check its unit"));
        }
        Ok(Self(span.as_secs()))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&about(self.0))
    }
}

/// A time, absolute or relative to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    At(u64),
    In(u64),
    Ago(u64),
}

impl When {
    pub(crate) fn seconds(self, now: u64) -> u64 {
        match self {
            Self::At(time) => time,
            Self::In(span) => now.saturating_add(span),
            Self::Ago(span) => now.saturating_sub(span),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::In(0));
        }
        if let Some(time) = parse(text) {
            return Ok(Self::At(time));
        }
        if parse(&format!("{text}Z")).is_some() {
            return Err(String::from("the time has no zone: add Z, or an offset such as +01:00"));
        }
        let (sign, span) = match text.strip_prefix('-') {
            Some(ago) => (Self::Ago as fn(u64) -> Self, ago),
            None => (Self::In as fn(u64) -> Self, text.strip_prefix('+').unwrap_or(text)),
        };
        let begins_like_a_date = text.contains('T') || text.matches('-').count() > 1;
        match span.parse::<Span>() {
            Ok(Span(span)) => Ok(sign(span)),
            Err(why) if !begins_like_a_date && span.starts_with(|c: char| c.is_ascii_digit()) => {
                Err(format!("{why}, or a time such as 2026-12-01T00:00:00Z"))
            }
            Err(_) => Err(String::from(
                "invalid time: expected whole seconds with a zone, such as 2026-12-01T00:00:00Z, \
                 or a span from now, such as 10min, 45d or -2w",
            )),
        }
    }
}
