//! Moments, as JavaScript writes them into JSON.
//!
//! ```text
//!   2026-11-23T05:09:38.042Z
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// What `new Date()` becomes on its way to a client.
pub fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (mut days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let mut year = 1970;
    while days >= 365 + leap_day(year) {
        days -= 365 + leap_day(year);
        year += 1;
    }
    let mut month = 1;
    for length in MONTHS {
        let length = length + if month == 2 { leap_day(year) } else { 0 };
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (day, hour, minute) = (days + 1, second / 3600, second / 60 % 60);
    let (second, milliseconds) = (second % 60, since.subsec_millis());
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

fn leap_day(year: u64) -> u64 {
    u64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
}
