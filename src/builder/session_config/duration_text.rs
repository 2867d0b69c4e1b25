//! Durations as text: one or more numbers, each with a unit, such as `14 days`, `30m` or `1h 30m`.
//!
//! It is the form of the crate `humantime`, without the units that mislead in a session's settings.
//! Months and years are refused: humantime counts them as 30.44 and 365.25 days, and tells months
//! (`M`) from minutes (`m`) only by the letter's case. Parts of a second are refused, because
//! sessions count whole seconds.

use crate::limits::{DAY, MINUTE};
use std::time::Duration;

const HOUR: u64 = 60 * MINUTE;

/// Parses a duration, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("expected {FORM}"));
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (digits, after) = split(rest, |char| char.is_ascii_digit());
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        if digits.is_empty() {
            return Err(format!("expected {FORM}"));
        }
        if unit.is_empty() && after.is_empty() {
            return Err(format!("a number has no unit: expected {FORM}"));
        }
        let too_long = || "the duration is too long".to_owned();
        let number: u64 = digits.parse().map_err(|_| too_long())?;
        let seconds = number.checked_mul(seconds_of(unit)?).ok_or_else(too_long)?;
        total = total.checked_add(seconds).ok_or_else(too_long)?;
        rest = after.trim_start();
    }
    Ok(Duration::from_secs(total))
}

const FORM: &str = "a number and a unit, such as \"14 days\", \"30m\" or \"1h 30m\"";

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|char| !belongs(char)).unwrap_or(text.len()))
}

fn seconds_of(unit: &str) -> Result<u64, String> {
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Ok(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Ok(MINUTE),
        "h" | "hr" | "hrs" | "hour" | "hours" => Ok(HOUR),
        "d" | "day" | "days" => Ok(DAY),
        "w" | "wk" | "wks" | "week" | "weeks" => Ok(7 * DAY),
        "M" | "month" | "months" | "y" | "yr" | "yrs" | "year" | "years" => {
            Err("months and years have no fixed length: write days, or \"m\" for minutes"
                .to_owned())
        }
        "ms" | "msec" | "millis" | "us" | "usec" | "ns" | "nsec" | "nanos" => {
            Err("durations are counted in whole seconds".to_owned())
        }
        _ => Err(format!("expected {FORM}: the units are seconds, minutes, hours, days and weeks")),
    }
}

/// Prints a duration in whole seconds, in the largest unit that divides it.
pub(super) fn print(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")];
    let divides = |unit: &&(u64, &str)| seconds > 0 && seconds % unit.0 == 0;
    let (length, name) = units.iter().find(divides).unwrap_or(&(1, "second"));
    let number = seconds / length;
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {name}{plural}")
}
