//! What a run has shown, for people and for programs.
//!
//! ```text
//!   messages            1,249,812   in 5.00 s
//!   a second              249,930
//!   latency                  3.1 ms (p50), 4.0 ms (p99)
//!   the server's CPU        1.02 µs a message
//! ```
//!
//! Core file.

use std::fmt;

use serde::Serialize;

/// What was measured. What was not is `None`, and is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Answers, deliveries of a broadcast, or connections: what the run is about.
    pub messages: u64,
    pub seconds: f64,
    /// What the server's processes have spent in that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Half of all took at most so many microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// The server's memory, in bytes, at several moments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resident: Vec<(&'static str, u64)>,
    /// How many clients held a connection meanwhile.
    pub clients: usize,
}

impl Figures {
    /// Microseconds that the server has spent for each message.
    pub fn cpu_each(&self) -> Option<f64> {
        self.cpu_seconds.filter(|_| self.messages > 0).map(|cpu| cpu * 1e6 / self.messages as f64)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.messages > 0 {
            let each_second = self.messages as f64 / self.seconds;
            writeln!(f, "messages         {:>12} in {:.2} s", self.messages, self.seconds)?;
            writeln!(f, "a second         {each_second:>12.0}")?;
        }
        if let (Some(p50), Some(p99)) = (self.p50, self.p99) {
            writeln!(f, "latency          {p50:>12.0} µs (p50), {p99:.0} µs (p99)")?;
        }
        if let Some(each) = self.cpu_each() {
            writeln!(f, "the server's CPU {each:>12.3} µs a message")?;
        }
        let mut before = None;
        for (moment, bytes) in &self.resident {
            write!(f, "memory {moment:<24} {:>8.1} MB", *bytes as f64 / 1e6)?;
            let before = *before.get_or_insert(*bytes);
            if self.clients > 0 {
                let each = (*bytes as f64 - before as f64) / self.clients as f64;
                write!(f, " {each:>9.0} B a client more than at first")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_given_for_each_message_and_client() {
        let mut figures = Figures {
            messages: 1_000_000,
            seconds: 4.0,
            cpu_seconds: Some(2.5),
            p50: Some(100.4),
            p99: Some(250.0),
            ..Figures::default()
        };
        let expected = "messages              1000000 in 4.00 s\n\
            a second               250000\n\
            latency                   100 µs (p50), 250 µs (p99)\n\
            the server's CPU        2.500 µs a message\n";
        assert_eq!(figures.to_string(), expected);
        figures.messages = 0;
        assert_eq!(figures.cpu_each(), None);

        let resident = vec![("empty", 3_000_000), ("with clients", 8_000_000)];
        let idle = Figures { resident, clients: 1000, ..Figures::default() };
        let text = idle.to_string();
        assert!(text.contains("8.0 MB") && text.contains(" 5000 B a client"), "{text}");
        assert_eq!(
            serde_json::to_string(&idle).unwrap(),
            r#"{"messages":0,"seconds":0.0,"resident":[["empty",3000000],["with clients",8000000]],"clients":1000}"#
        );
    }
}
