//! Figures of many runs, and what is quoted of them.
//!
//! ```text
//!   echo16, oxide     1.77  1.81  1.95   ►  1.81 (1.77..1.95)
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::measure::Figures;

/// All runs, by scenario and server. They are kept in a file, so that a table can be made of what
/// was measured before.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Results {
    /// The machine, the versions, the date: what figures mean nothing without.
    pub about: Vec<String>,
    runs: BTreeMap<String, BTreeMap<String, Vec<Figures>>>,
}

/// What one run says, in one number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// Microseconds of the server's CPU time for each message.
    Cpu,
    PerSecond,
    /// Microseconds.
    P50,
    P99,
    /// Bytes for each client that stays.
    Client,
    /// Bytes of the whole server while they stay.
    Total,
    /// Bytes that the server has grown by at most.
    Growth,
    /// What the server holds after many were sent much, as a part of before.
    AfterMessages,
    /// What it holds when as many clients are back as were there at first, as a part of then.
    AfterStorm,
}

/// The middle of several runs, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    pub middle: f64,
    pub least: f64,
    pub most: f64,
}

impl Results {
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub fn write(&self, file: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(file, text + "\n").map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Forgets what was measured of these before.
    pub fn forget(&mut self, scenario: &str, server: &str) {
        if let Some(servers) = self.runs.get_mut(scenario) {
            servers.remove(server);
        }
    }

    pub fn add(&mut self, scenario: &str, server: &str, figures: Figures) {
        let servers = self.runs.entry(scenario.to_owned()).or_default();
        servers.entry(server.to_owned()).or_default().push(figures);
    }

    pub fn median(&self, scenario: &str, server: &str, measure: Measure) -> Option<Median> {
        let runs = self.runs.get(scenario)?.get(server)?;
        median(runs.iter().filter_map(|run| measure.of(run)).collect())
    }
}

impl Measure {
    pub fn of(self, run: &Figures) -> Option<f64> {
        let messages = Some(run.messages as f64).filter(|it| *it > 0.0);
        let at = |moment: &str| run.resident.iter().find(|it| it.0 == moment).map(|it| it.1 as f64);
        match self {
            Self::Cpu => Some(run.cpu_seconds? * 1e6 / messages?),
            Self::PerSecond => Some(messages? / run.seconds),
            Self::P50 => run.p50,
            Self::P99 => run.p99,
            Self::Client => Some((at("later")? - at("empty")?) / run.clients as f64),
            Self::Total => at("later"),
            Self::Growth => Some(at("at most")? - at("at first")?),
            Self::AfterMessages => Some(at("later")? / at("all have joined")?),
            Self::AfterStorm => Some(at("as many as at first")? / at("all have joined")?),
        }
    }
}

pub fn median(mut values: Vec<f64>) -> Option<Median> {
    values.sort_by(f64::total_cmp);
    let (least, most) = (*values.first()?, *values.last()?);
    let middle = *values.get(values.len() / 2)?;
    let before = *values.get((values.len() - 1) / 2)?;
    Some(Median { middle: (middle + before) / 2.0, least, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let check = |values: &[f64], middle| {
            assert_eq!(median(values.to_vec()).map(|it| it.middle), middle);
        };
        check(&[], None);
        check(&[3.0], Some(3.0));
        check(&[9.0, 1.0, 3.0], Some(3.0));
        check(&[9.0, 1.0, 3.0, 5.0], Some(4.0));
    }

    #[test]
    fn measures_are_for_each_message_and_client() {
        let moments = [("empty", 1000), ("all have joined", 4000), ("later", 5000)];
        let run = Figures {
            messages: 10,
            seconds: 2.0,
            cpu_seconds: Some(0.5),
            resident: moments.map(|(moment, bytes)| (moment.to_owned(), bytes)).to_vec(),
            clients: 4,
            ..Figures::default()
        };
        assert_eq!(Measure::Cpu.of(&run), Some(50_000.0));
        assert_eq!(Measure::PerSecond.of(&run), Some(5.0));
        assert_eq!(Measure::Client.of(&run), Some(1000.0));
        assert_eq!(Measure::AfterMessages.of(&run), Some(1.25));
        assert_eq!(Measure::AfterStorm.of(&run), None);
        assert_eq!(Measure::Cpu.of(&Figures::default()), None);
    }
}
