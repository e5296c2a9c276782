//! How long many things took, in little memory: a histogram whose columns grow.
//!
//! ```text
//!   nanoseconds   0 1 2 … 63 │ 64 66 68 … │ 128 132 136 … │ 256 264 272 …
//!   a column is      1 wide  │   2 wide   │    4 wide     │    8 wide
//! ```
//!
//! From 64 on each doubling has 32 columns, so a value is known to within 3 %: more than a
//! machine that others use lets anybody measure.
//!
//! Core file.

use std::time::Duration;

/// The first doubling that is not exact begins at two to this power.
const EXACT_BITS: u32 = 6;
/// Columns of a doubling.
const COLUMNS: u64 = 1 << (EXACT_BITS - 1);

#[derive(Clone, Debug, Default)]
pub struct Histogram {
    columns: Vec<u64>,
    count: u64,
}

impl Histogram {
    /// Adds `times` things that took this long.
    pub fn add(&mut self, took: Duration, times: u64) {
        let column = column(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        if column >= self.columns.len() {
            self.columns.resize(column + 1, 0);
        }
        if let Some(count) = self.columns.get_mut(column) {
            *count += times;
            self.count += times;
        }
    }

    pub fn clear(&mut self) {
        self.columns.clear();
        self.count = 0;
    }

    /// The time within which this part of all things was done: 0.99 is for p99.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let wanted = ((self.count as f64 * part).ceil() as u64).clamp(1, self.count.max(1));
        let mut passed = 0;
        let column = self.columns.iter().position(|count| {
            passed += count;
            passed >= wanted
        })?;
        Some(Duration::from_nanos(middle(column)))
    }
}

/// Which column a value is in.
fn column(nanoseconds: u64) -> usize {
    let bits = u64::BITS - nanoseconds.leading_zeros();
    let shift = bits.saturating_sub(EXACT_BITS);
    (u64::from(shift) * COLUMNS + (nanoseconds >> shift)) as usize
}

/// The value in the middle of a column.
fn middle(column: usize) -> u64 {
    let column = column as u64;
    if column < 2 * COLUMNS {
        return column;
    }
    let shift = column / COLUMNS - 1;
    let low = (column - shift * COLUMNS) << shift;
    low + (1 << shift) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_again_within_three_in_a_hundred() {
        let mut value = 0_u64;
        let mut last = None;
        while value < 1 << 40 {
            let column = column(value);
            let again = middle(column);
            assert!(again.abs_diff(value) * 33 <= value, "{value} became {again}");
            assert!(last <= Some(column), "columns are in the order of their values");
            last = Some(column);
            value += 1 + value / 1000;
        }
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for took in 1..=60 {
            histogram.add(Duration::from_nanos(took), 10);
        }
        assert_eq!(histogram.quantile(0.5), Some(Duration::from_nanos(30)));
        assert_eq!(histogram.quantile(0.99), Some(Duration::from_nanos(60)));
        assert_eq!(histogram.quantile(0.0), Some(Duration::from_nanos(1)));
        histogram.add(Duration::from_secs(10_000_000_000_000), 1);
        assert!(histogram.quantile(1.0) > Some(Duration::from_secs(1 << 33)));
        histogram.clear();
        assert_eq!(histogram.quantile(0.5), None);
    }
}
