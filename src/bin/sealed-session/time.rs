//! Times as people write them ⇄ Unix seconds: RFC 3339 as in a ring's text, `now`, or a span from
//! now. Also spans in words.
//!
//! Spans: `10m`, `45d`, `2w`, `1d12h`; `-1d` is a day ago.

use crate::failure::Failure;
use sealed_session::cli_support;
use sealed_session::clock::Clock;
use std::fmt;
use std::str::FromStr;

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
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
        String::from("after the year 9999")
    } else {
        cli_support::print_time(seconds)
    }
}

/// Like `print`, but for a ring's text.
pub(crate) fn for_ring(seconds: u64) -> Result<String, Failure> {
    if seconds > LAST {
        return Err(Failure::wrong_use(
            "the time lies after the year 9999, which a ring cannot hold: give an earlier one",
        ));
    }
    Ok(cli_support::print_time(seconds))
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

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) u64);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || String::from("expected a span, as 30s, 10m, 12h, 45d or 2w");
        let mut total = 0_u64;
        let mut rest = text;
        while !rest.is_empty() {
            let end =
                rest.find(|character: char| !character.is_ascii_digit()).ok_or_else(expected)?;
            let number: u64 = rest[..end].parse().map_err(|_| expected())?;
            let unit = match rest.as_bytes()[end] {
                b's' => 1,
                b'm' => MINUTE,
                b'h' => HOUR,
                b'd' => DAY,
                b'w' => WEEK,
                _ => return Err(expected()),
            };
            total = number
                .checked_mul(unit)
                .and_then(|part| total.checked_add(part))
                .unwrap_or(u64::MAX);
            rest = &rest[end + 1..];
        }
        match total {
            _ if text.is_empty() => Err(expected()),
            0..=LONGEST => Ok(Self(total)),
            _ => Err(String::from("the span is longer than a hundred years")),
        }
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
        if text == "now" || text == "0" {
            return Ok(Self::In(0));
        }
        if let Some(time) = cli_support::parse_time(text) {
            return Ok(Self::At(time));
        }
        if cli_support::parse_time(&format!("{text}Z")).is_some() {
            return Err(String::from("the time has no zone: add Z, or an offset as +01:00"));
        }
        let expected = |_| {
            String::from(
                "expected a time in whole seconds with a zone, as 2026-12-01T00:00:00Z, or one from now, as 10m, 45d or -2w",
            )
        };
        match text.strip_prefix('-') {
            Some(ago) => ago.parse().map(|Span(span)| Self::Ago(span)).map_err(expected),
            None => text
                .strip_prefix('+')
                .unwrap_or(text)
                .parse()
                .map(|Span(span)| Self::In(span))
                .map_err(expected),
        }
    }
}
