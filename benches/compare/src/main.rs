//! Side by side: the same load for every server, one after the other, round by round.
//!
//! ```text
//!   compare                                           everything; about an hour
//!   compare --only echo16,bcast --servers sockrates,oxide --rounds 3
//!   compare --report --write                          what was measured last, into the docs
//! ```
//!
//! | File        | Its one job                                          |
//! |-------------|------------------------------------------------------|
//! | `scenarios` | what is measured                                     |
//! | `servers`   | who is measured, and how each is built               |
//! | `measure`   | one run                                              |
//! | `results`   | medians of many                                      |
//! | `bounds`    | what was promised                                    |
//! | `report`    | tables                                               |
//! | `chart`     | pictures                                             |

mod bounds;
mod chart;
mod measure;
mod report;
mod results;
mod scenarios;
mod servers;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, value_parser};

use crate::measure::Place;
use crate::results::Results;
use crate::scenarios::{SCENARIOS, Scenario};
use crate::servers::{SERVERS, Server};

/// Measures Sockrates, the floors under it, and other Socket.IO servers.
#[derive(Debug, Parser)]
struct Cli {
    /// Scenarios, by the beginning of their names [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,

    /// Servers [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    servers: Vec<String>,

    /// Servers to leave out
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    without: Vec<String>,

    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..=20))]
    rounds: u32,

    /// How long a run measures
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..=60))]
    seconds: u32,

    /// The core of the server
    #[arg(long, default_value_t = 0)]
    server_core: u32,

    /// The core of the load
    #[arg(long, default_value_t = 1)]
    load_core: u32,

    /// Measure nothing: tables of what was measured before
    #[arg(long)]
    report: bool,

    /// Put the tables into docs/performance.md, and draw the charts
    #[arg(long)]
    write: bool,

    /// Where figures are kept
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), String> {
    let file = cli.results.clone().unwrap_or_else(|| servers::here().join("results.json"));
    let mut results = Results::read(&file);
    if !cli.report {
        results.about = report::about();
        measure(cli, &mut results, &file)?;
    }
    let text = report::tables(&results);
    println!("{text}");
    if cli.write {
        report::write(&text)?;
        chart::write(&results)?;
    }
    Ok(())
}

fn measure(cli: &Cli, results: &mut Results, file: &Path) -> Result<(), String> {
    let exists = |name: &str| SCENARIOS.iter().any(|it| it.name == name);
    let scenarios = chosen(SCENARIOS, &cli.only, |it, name| {
        it.name == name || !exists(name) && it.name.starts_with(name)
    })?;
    let mut servers = chosen(SERVERS, &cli.servers, |it, name| it.name == name)?;
    servers.retain(|server| !cli.without.iter().any(|name| name == server.name));
    servers.retain(|server| match prepare(server) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("{}: left out: {error}", server.name);
            false
        }
    });
    let place =
        Place { server_core: cli.server_core, load_core: cli.load_core, seconds: cli.seconds };
    for scenario in scenarios {
        for server in &servers {
            results.forget(scenario.name, server.name);
        }
        for round in 1..=cli.rounds {
            for server in servers.iter().filter(|server| server.can(scenario)) {
                one(scenario, server, round, place, results);
            }
        }
        // Whoever stops it in the middle has what was measured by then.
        results.write(file)?;
    }
    Ok(())
}

fn one(scenario: &Scenario, server: &Server, round: u32, place: Place, results: &mut Results) {
    let name = format!("{} {}, round {round}", scenario.name, server.name);
    match measure::measure(server, scenario, place) {
        Ok(figures) => {
            eprintln!("{name:<44} {}", report::line(scenario, &figures));
            results.add(scenario.name, server.name, figures);
        }
        // One that fails is missing in the table, and the rest goes on.
        Err(error) => eprintln!("{name:<44} failed: {error}"),
    }
}

/// Builds a server, and goes through the contract with it.
fn prepare(server: &Server) -> Result<(), String> {
    // The generator of load is built with our own server.
    if let Some(ours) = SERVERS.first() {
        ours.prepare()?;
    }
    server.prepare()?;
    measure::check(server)
}

/// Those of a list that were named, or all.
fn chosen<'a, T: Named>(
    all: &'a [T],
    names: &[String],
    is: impl Fn(&T, &str) -> bool,
) -> Result<Vec<&'a T>, String> {
    for name in names {
        if !all.iter().any(|it| is(it, name)) {
            let there: Vec<_> = all.iter().map(Named::name).collect();
            return Err(format!("{name} is none of {}", there.join(", ")));
        }
    }
    let named = |it: &&T| names.is_empty() || names.iter().any(|name| is(it, name));
    Ok(all.iter().filter(named).collect())
}

trait Named {
    fn name(&self) -> &'static str;
}

impl Named for Scenario {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl Named for Server {
    fn name(&self) -> &'static str {
        self.name
    }
}
