//! A date as JavaScript writes it.
//!
//! ```text
//!   Tue Nov 14 2023 22:13:20 GMT+0000 (Coordinated Universal Time)
//! ```
//!
//! The reference server says so in a handshake when a session was opened, and tools that show
//! handshakes read it.
//!
//! Core file: time is an argument. Not in the specification; ECMAScript, `Date.prototype.toString`.

use std::fmt;
use std::time::Duration;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

const MONTHS: [(&str, u64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

/// The last second that is written: dates have years of four digits.
const LAST: u64 = 253_402_300_799;

/// A moment, as the time since the beginning of 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Date(pub(super) Duration);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs().min(LAST);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // The beginning of 1970 was a Thursday.
        let weekday = DAYS.iter().cycle().nth((days % 7) as usize).unwrap_or(&"");
        let (year, month, day) = calendar(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{weekday} {month} {day:02} {year} {hour:02}:{minute:02}:{second:02} ")?;
        f.write_str("GMT+0000 (Coordinated Universal Time)")
    }
}

/// A moment as machines write it: `2023-11-14T22:13:20.000Z`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Iso(pub(crate) Duration);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs().min(LAST);
        let (year, name, day) = calendar(seconds / 86_400);
        let month = 1 + MONTHS.iter().position(|(month, _)| *month == name).unwrap_or_default();
        let second = seconds % 86_400;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let millis = self.0.subsec_millis();
        write!(f, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// The year, the month and the day of a number of days since the beginning of 1970.
fn calendar(mut days: u64) -> (u64, &'static str, u64) {
    let mut year = 1970;
    while days >= 365 + leap_day(year) {
        days -= 365 + leap_day(year);
        year += 1;
    }
    for (month, length) in MONTHS {
        let length = length + if month == "Feb" { leap_day(year) } else { 0 };
        if days < length {
            return (year, month, days + 1);
        }
        days -= length;
    }
    (year, "Dec", 31)
}

/// How many days a year has more than 365.
fn leap_day(year: u64) -> u64 {
    u64::from((year % 4 == 0 && year % 100 != 0) || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, expected: &str) {
        let date = Date(Duration::from_secs(seconds)).to_string();
        assert_eq!(date, format!("{expected} GMT+0000 (Coordinated Universal Time)"));
    }

    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        check(0, "Thu Jan 01 1970 00:00:00");
        check(951_782_400, "Tue Feb 29 2000 00:00:00");
        check(951_868_800, "Wed Mar 01 2000 00:00:00");
        check(1_700_000_000, "Tue Nov 14 2023 22:13:20");
        check(1_735_689_599, "Tue Dec 31 2024 23:59:59");
        check(4_107_542_400, "Mon Mar 01 2100 00:00:00");
        check(LAST, "Fri Dec 31 9999 23:59:59");
        check(u64::MAX, "Fri Dec 31 9999 23:59:59");
    }
}
