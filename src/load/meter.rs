//! What all clients of one run have done: one place to count it, for one thread.
//!
//! ```text
//!   begin() ──► count() count() count() … ──► end(): so many, in so long, so quickly
//! ```
//!
//! Shell file: looks at the clock.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::{Duration, Instant};

use super::figures::Figures;
use super::histogram::Histogram;
use super::process::{self, Cost};

#[derive(Debug, Default)]
pub struct Meter {
    process: Option<u32>,
    counted: Cell<u64>,
    latencies: RefCell<Histogram>,
    began: Cell<Option<(Instant, Option<Cost>)>>,
}

impl Meter {
    /// Looks at this process as well, if there is one.
    pub fn new(process: Option<u32>) -> Self {
        Self { process, ..Self::default() }
    }

    /// So many were done, and took so long.
    pub fn count(&self, times: u64, took: Duration) {
        self.counted.set(self.counted.get() + times);
        self.latencies.borrow_mut().add(took, times);
    }

    /// Forgets what was counted before: that was for warming up.
    ///
    /// # Errors
    /// When the process to look at is not there.
    pub fn begin(&self) -> io::Result<()> {
        let cost = self.cost()?;
        self.counted.set(0);
        self.latencies.borrow_mut().clear();
        self.began.set(Some((Instant::now(), cost)));
        Ok(())
    }

    /// What was done since the beginning.
    ///
    /// # Errors
    /// When the process to look at is not there any more.
    pub fn end(&self) -> io::Result<Figures> {
        let cost = self.cost()?;
        let (began, before) = self.began.get().unwrap_or_else(|| (Instant::now(), cost));
        let latencies = self.latencies.borrow();
        Ok(Figures {
            messages: self.counted.get(),
            seconds: began.elapsed().as_secs_f64(),
            cpu_seconds: cost.zip(before).map(|(now, then)| (now.cpu - then.cpu).as_secs_f64()),
            p50: latencies.quantile(0.5).map(microseconds),
            p99: latencies.quantile(0.99).map(microseconds),
            ..Figures::default()
        })
    }

    /// Bytes of memory that the process has now.
    ///
    /// # Errors
    /// When it is not there.
    pub fn resident(&self) -> io::Result<Option<u64>> {
        Ok(self.cost()?.map(|cost| cost.resident))
    }

    fn cost(&self) -> io::Result<Option<Cost>> {
        self.process.map(process::cost).transpose()
    }
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
