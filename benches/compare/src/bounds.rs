//! What was promised, and whether it holds.
//!
//! ```text
//!   echo16   CPU a message   Sockrates / socketioxide   at most 0.50   measured 0.41   yes
//! ```

use crate::results::{Measure, Results};

/// One promise about Sockrates: a measure of it, divided by another.
#[derive(Debug)]
pub struct Bound {
    pub scenario: &'static str,
    pub measure: Measure,
    pub against: Against,
    pub at_most: f64,
}

#[derive(Clone, Copy, Debug)]
pub enum Against {
    /// The same of another server.
    Server(&'static str),
    /// The same of ours, in another scenario.
    Scenario(&'static str),
    /// Nothing: the measure itself is promised.
    Nothing,
}

const fn server(
    scenario: &'static str,
    measure: Measure,
    server: &'static str,
    at_most: f64,
) -> Bound {
    Bound { scenario, measure, against: Against::Server(server), at_most }
}

const fn itself(
    scenario: &'static str,
    measure: Measure,
    other: &'static str,
    at_most: f64,
) -> Bound {
    Bound { scenario, measure, against: Against::Scenario(other), at_most }
}

const fn alone(scenario: &'static str, measure: Measure, at_most: f64) -> Bound {
    Bound { scenario, measure, against: Against::Nothing, at_most }
}

pub const BOUNDS: &[Bound] = &[
    server("echo1", Measure::Cpu, "floor-tungstenite", 1.20),
    server("echo1", Measure::Cpu, "oxide", 0.80),
    server("echo16", Measure::Cpu, "oxide", 0.50),
    server("echo16-1k", Measure::Cpu, "oxide", 0.50),
    server("echo16", Measure::Cpu, "node-uws", 0.20),
    server("echo16-1k", Measure::Cpu, "node-uws", 0.20),
    server("ack16", Measure::Cpu, "oxide", 0.50),
    server("bcast1000", Measure::Cpu, "floor", 1.25),
    server("bcast1000", Measure::Cpu, "node-uws", 1.00),
    server("bcast100x8", Measure::Cpu, "floor-coalescing", 1.20),
    server("bcast100x8", Measure::Cpu, "oxide", 0.75),
    server("bcast20x50", Measure::Cpu, "oxide", 0.60),
    server("bin1k", Measure::Cpu, "oxide", 0.60),
    server("bin64k", Measure::Cpu, "oxide", 0.60),
    server("poll1", Measure::Cpu, "floor-hyper", 1.20),
    server("poll1", Measure::Cpu, "oxide", 0.60),
    server("poll10", Measure::Cpu, "floor-hyper", 1.20),
    server("poll10", Measure::Cpu, "oxide", 0.60),
    server("churn-ws", Measure::Cpu, "oxide", 0.75),
    server("churn-upgrade", Measure::Cpu, "oxide", 0.75),
    server("churn-upgrade", Measure::P50, "oxide", 1.00),
    alone("idle-ws", Measure::Client, 6.0 * 1024.0),
    server("idle-polls", Measure::Client, "floor-hyper", 1.10),
    // What one session may have waiting, by default 16 MiB, and a quarter for what that is kept in.
    alone("slow-one", Measure::Growth, 1.25 * 16.0 * 1_048_576.0),
    itself("slow-one", Measure::P99, "slow-none", 2.0),
    alone("storm", Measure::AfterMessages, 1.2),
    alone("storm", Measure::AfterStorm, 1.2),
    // 1.7 times as many messages take at most this of the time for each.
    itself("echo-cores2", Measure::Cpu, "echo-cores1", 2.0 / 1.7),
    itself("bcast-cores2", Measure::Cpu, "bcast-cores1", 2.0 / 1.7),
    itself("strain-slow", Measure::P99, "strain-none", 2.0),
    itself("strain-burst", Measure::P99, "strain-none", 2.0),
    itself("strain-huge", Measure::P99, "strain-none", 2.0),
];

impl Bound {
    /// What was measured, if it was.
    pub fn measured(&self, results: &Results) -> Option<f64> {
        let of = |scenario, server| Some(results.median(scenario, server, self.measure)?.middle);
        let ours = of(self.scenario, "sockrates")?;
        Some(match self.against {
            Against::Server(server) => ours / of(self.scenario, server)?,
            Against::Scenario(scenario) => ours / of(scenario, "sockrates")?,
            Against::Nothing => ours,
        })
    }
}
