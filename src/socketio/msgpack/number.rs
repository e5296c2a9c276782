//! Numbers and dates, written as JavaScript writes them.
//!
//! ```text
//!   1.0 ──► 1      0.1 ──► 0.1      1e21 ──► 1e+21      NaN ──► null
//!   961_804_800_000 ms since 1970 ──► "2000-06-24T00:00:00.000Z"
//! ```
//!
//! Core file. Not in the specification: what `JSON.stringify` does, as ECMAScript has it.

/// The text of a number, and `null` for what JSON has no number for.
pub(super) fn of_javascript(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_owned();
    }
    match number.abs() {
        0.0 => "0".to_owned(),
        // Both languages write the fewest digits that read as the same number.
        1e-6..1e21 => number.to_string(),
        _ => {
            let text = format!("{number:e}");
            if text.contains("e-") { text } else { text.replace('e', "e+") }
        }
    }
}

/// How far from 1970 a date may be, in milliseconds: a hundred million days.
const FARTHEST: u64 = 8_640_000_000_000_000;

const DAY: i64 = 86_400_000;

/// A date as a JSON string; `null` if it is none.
pub(super) fn date(millis: i64) -> String {
    if millis.unsigned_abs() > FARTHEST {
        return "null".to_owned();
    }
    let (year, month, day) = calendar(millis.div_euclid(DAY));
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    let of_day = millis.rem_euclid(DAY);
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(r#""{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z""#)
}

/// The year, month and day of a day, counted from the first of 1970.
///
/// Years are counted from March here: so the day that not every year has is the last.
fn calendar(days: i64) -> (i64, i64, i64) {
    const FROM_MARCH_OF_YEAR_0: i64 = 719_468;
    const FOUR_HUNDRED_YEARS: i64 = 146_097;
    let days = days + FROM_MARCH_OF_YEAR_0;
    let (centuries, day) =
        (days.div_euclid(FOUR_HUNDRED_YEARS), days.rem_euclid(FOUR_HUNDRED_YEARS));
    // Every fourth year is a day longer, but not every hundredth, but every four hundredth.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, five months always have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = 400 * centuries + year + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Node prints for each.
    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (-5e-324, "-5e-324"),
            (123_456_789.125, "123456789.125"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1_152_921_504_606_846_976.0, "1152921504606847000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::from(0.1f32), "0.10000000149011612"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            assert_eq!(of_javascript(number), text);
        }
    }

    /// What Node prints for each.
    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        for (millis, text) in [
            (0, r#""1970-01-01T00:00:00.000Z""#),
            (-1, r#""1969-12-31T23:59:59.999Z""#),
            (951_782_400_000, r#""2000-02-29T00:00:00.000Z""#),
            (960_854_400_123, r#""2000-06-13T00:00:00.123Z""#),
            (4_107_542_400_000, r#""2100-03-01T00:00:00.000Z""#),
            (253_402_300_799_999, r#""9999-12-31T23:59:59.999Z""#),
            (253_402_300_800_000, r#""+010000-01-01T00:00:00.000Z""#),
            (-62_167_219_200_000, r#""0000-01-01T00:00:00.000Z""#),
            (-62_167_219_200_001, r#""-000001-12-31T23:59:59.999Z""#),
            (8_640_000_000_000_000, r#""+275760-09-13T00:00:00.000Z""#),
            (-8_640_000_000_000_000, r#""-271821-04-20T00:00:00.000Z""#),
            (8_640_000_000_000_001, "null"),
            (i64::MIN, "null"),
        ] {
            assert_eq!(date(millis), text);
        }
    }
}
