//! Conversion between days since 1970-01-01 and year, month and day of the Gregorian calendar. It
//! follows Howard Hinnant's `days_from_civil` and `civil_from_days`
//! (<https://howardhinnant.github.io/date_algorithms.html>). A year is counted from March, so its
//! leap day is its last day, and 400 years (an era) always have the same number of days.

const DAYS_OF_ERA: u64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Returns the days from 1970-01-01 to a date in the years 0 to 9999, negative for an earlier date,
/// or `None` if the calendar has no such date.
pub(crate) fn days(year: u16, month: u16, day: u16) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u16::from(leap),
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let year = i64::from(year) - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * DAYS_OF_ERA as i64 + day_of_era - EPOCH as i64)
}

/// Returns year, month and day of the day `days` days after 1970-01-01.
pub(crate) fn date(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(EPOCH);
    let (era, day_of_era) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Date, Month};
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Returns what the crate `time` computes for a date.
    fn by_time(year: u16, month: u16, day: u16) -> Option<i64> {
        let month = Month::try_from(u8::try_from(month).unwrap()).ok()?;
        let date = Date::from_calendar_date(year.into(), month, day.try_into().unwrap()).ok()?;
        Some((date.to_julian_day() - 2_440_588).into())
    }

    #[test]
    fn every_date_agrees_with_the_crate_time() {
        let mut days_from_1970 = 0;
        for year in 0..=9999 {
            for month in 0..=13 {
                for day in 0..=32 {
                    let (number, expected) = (days(year, month, day), by_time(year, month, day));
                    assert_eq!(number, expected, "{year}-{month}-{day}");
                    let Some(Ok(number)) = number.map(u64::try_from) else { continue };
                    assert_eq!(date(number), (year.into(), month.into(), day.into()), "{number}");
                    days_from_1970 += 1;
                }
            }
        }
        assert_eq!(days_from_1970, 2_932_897);
    }
}
