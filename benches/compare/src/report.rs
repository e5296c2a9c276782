//! Tables, for a terminal and for `docs/performance.md`.
//!
//! ```text
//!   | scenario | Sockrates | socketioxide |
//!   |---|---|---|
//!   | echo, 16 in flight | 0.71 (0.70..0.75) | 1.81 (1.77..1.95) |
//! ```

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::bounds::{Against, BOUNDS};
use crate::measure::Figures;
use crate::results::{Measure, Median, Results};
use crate::scenarios::{Question, SCENARIOS, Scenario};
use crate::servers::{self, SERVERS, Server};

/// What stands before and after the tables in the document.
const MARKS: [&str; 2] = ["<!-- tables -->", "<!-- end of tables -->"];

/// One run, in a line.
pub fn line(scenario: &Scenario, figures: &Figures) -> String {
    let measures: &[Measure] = match scenario.question {
        Question::Cost | Question::Cores => {
            &[Measure::Cpu, Measure::PerSecond, Measure::P50, Measure::P99]
        }
        Question::Memory => &[Measure::Client, Measure::Total],
        Question::Slow => &[Measure::Growth, Measure::P50, Measure::P99],
        Question::Storm => &[Measure::AfterMessages, Measure::AfterStorm],
        Question::Strain => &[Measure::Cpu, Measure::P50, Measure::P99],
    };
    let values = measures.iter().filter_map(|it| Some(shown(*it, it.of(figures)?)));
    values.collect::<Vec<_>>().join("  ")
}

/// All tables.
pub fn tables(results: &Results) -> String {
    let mut text = String::new();
    for line in &results.about {
        let _ = writeln!(text, "- {line}");
    }
    let of = |question: Question| {
        SCENARIOS.iter().filter(move |it| it.question == question).collect::<Vec<_>>()
    };
    let cost = of(Question::Cost);
    let memory = of(Question::Memory);
    let others = [of(Question::Slow), of(Question::Strain)].concat();
    text += &table(results, "Server CPU for each message, in microseconds", &cost, Measure::Cpu);
    text += &table(results, "Messages a second, server on one core", &cost, Measure::PerSecond);
    text += &table(results, "Latency, half of all, in milliseconds", &cost, Measure::P50);
    text += &table(results, "Latency, 99 of 100, in milliseconds", &cost, Measure::P99);
    text += &table(results, "Memory of an idle client, in bytes", &memory, Measure::Client);
    text += &table(results, "Memory of the whole server with them, in MB", &memory, Measure::Total);
    let slow = of(Question::Slow);
    text +=
        &table(results, "Growth beside a client that does not read, in MB", &slow, Measure::Growth);
    text +=
        &table(results, "Latency of the others, 99 of 100, in milliseconds", &others, Measure::P99);
    let storm = of(Question::Storm);
    text += &table(
        results,
        "Memory after 100 KB to each client, before is 1",
        &storm,
        Measure::AfterMessages,
    );
    text += &table(
        results,
        "Memory when 20,000 more have come and gone, before is 1",
        &storm,
        Measure::AfterStorm,
    );
    let cores = of(Question::Cores);
    text += &table(
        results,
        "Cores: server CPU for each message, in microseconds",
        &cores,
        Measure::Cpu,
    );
    text += &table(
        results,
        "Cores: messages a second, the load on the same two cores",
        &cores,
        Measure::PerSecond,
    );
    text + &bounds(results)
}

/// A row for each scenario, a column for each server that has figures.
fn table(results: &Results, title: &str, scenarios: &[&Scenario], measure: Measure) -> String {
    let cell =
        |scenario: &Scenario, server: &Server| results.median(scenario.name, server.name, measure);
    let measured = |server: &&Server| scenarios.iter().any(|it| cell(it, server).is_some());
    let servers: Vec<_> = SERVERS.iter().filter(measured).collect();
    let mut text = String::new();
    if servers.is_empty() {
        return text;
    }
    let titles: Vec<_> = servers.iter().map(|it| it.title).collect();
    let _ = writeln!(text, "\n### {title}\n\n| | {} |", titles.join(" | "));
    let _ = writeln!(text, "|---{}|", "|---".repeat(servers.len()));
    for scenario in scenarios {
        let cells: Vec<_> = servers.iter().map(|it| cell(scenario, it)).collect();
        if cells.iter().any(Option::is_some) {
            let cells: Vec<_> =
                cells.iter().map(|it| it.map_or("–".into(), |it| spread(measure, it))).collect();
            let _ = writeln!(text, "| {} | {} |", scenario.title, cells.join(" | "));
        }
    }
    text
}

fn bounds(results: &Results) -> String {
    let mut text = String::from(
        "\n### What was promised\n\n| | of | against | at most | measured | holds |\n|---|---|---|---|---|---|\n",
    );
    let before = text.len();
    for bound in BOUNDS {
        let Some(measured) = bound.measured(results) else { continue };
        let title = |name| SCENARIOS.iter().find(|it| it.name == name).map_or(name, |it| it.title);
        let against = match bound.against {
            Against::Server(name) => {
                SERVERS.iter().find(|it| it.name == name).map_or(name, |it| it.title)
            }
            Against::Scenario(name) => title(name),
            Against::Nothing => "",
        };
        let show = |value: f64| match bound.against {
            Against::Nothing => shown(bound.measure, value),
            _ => format!("{value:.2} ×"),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {against} | {} | {} | {} |",
            title(bound.scenario),
            bound.measure.name(),
            show(bound.at_most),
            show(measured),
            if measured <= bound.at_most { "yes" } else { "**no**" },
        );
    }
    if text.len() == before { String::new() } else { text }
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::PerSecond => "messages a second",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Client => "bytes a client",
            Self::Total => "bytes",
            Self::Growth => "growth",
            Self::AfterMessages => "memory after messages",
            Self::AfterStorm => "memory after a storm",
        }
    }
}

/// The middle, and how far the rounds spread.
fn spread(measure: Measure, median: Median) -> String {
    let Median { middle, least, most } = median;
    let (least, most) = (shown(measure, least), shown(measure, most));
    format!("{} <sub>{least}..{most}</sub>", shown(measure, middle))
}

/// A number in the unit of its table.
fn shown(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Cpu | Measure::AfterMessages | Measure::AfterStorm => format!("{value:.2}"),
        Measure::PerSecond | Measure::Client => thousands(value),
        Measure::P50 | Measure::P99 => format!("{:.2}", value / 1e3),
        Measure::Total | Measure::Growth => format!("{:.1}", value / 1e6),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = if value < 0.0 { String::from("-") } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The machine, and the versions of what was measured.
pub fn about() -> Vec<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut about = vec![
        format!(
            "{}, {model}, {cores} cores, Linux {}",
            first_line("date", &["-u", "+%d %b %Y"]),
            first_line("uname", &["-r"])
        ),
        first_line("rustc", &["--version"]),
    ];
    about.extend(servers::versions());
    about
}

fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    text.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

/// Puts the tables between their marks in the document.
pub fn write(tables: &str) -> Result<(), String> {
    let file = servers::here().join("../../docs/performance.md");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let text = between(&text, tables).ok_or_else(|| format!("{} has no marks", file.display()))?;
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn between(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}\n\n{}\n\n{}{after}", MARKS[0], tables.trim(), MARKS[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_take_the_place_of_those_before() {
        let old = "a\n<!-- tables -->\nold\n<!-- end of tables -->\nz\n";
        let new = between(old, "\nnew\n").unwrap();
        assert_eq!(new, "a\n<!-- tables -->\n\nnew\n\n<!-- end of tables -->\nz\n");
        assert_eq!(between(&new, "new"), Some(new));
        assert_eq!(between("no marks", "new"), None);
    }

    #[test]
    fn a_table_has_those_that_were_measured() {
        let mut results = Results::default();
        for cpu in [2.0, 1.0, 4.0] {
            let figures = Figures {
                messages: 1_000_000,
                seconds: 1.0,
                cpu_seconds: Some(cpu),
                ..Figures::default()
            };
            results.add("echo16", "oxide", figures);
        }
        let text = tables(&results);
        assert!(text.contains("| | socketioxide |\n|---|---|\n"), "{text}");
        assert!(text.contains("| 2.00 <sub>1.00..4.00</sub> |"), "{text}");
        assert!(!text.contains("promised"), "nothing of ours was measured: {text}");
        let ours =
            Figures { messages: 10, seconds: 1.0, cpu_seconds: Some(1e-5), ..Figures::default() };
        results.add("echo16", "sockrates", ours);
        assert!(tables(&results).contains("| socketioxide | 0.50 × | 0.50 × | yes |"));
    }

    #[test]
    fn large_numbers_are_easy_to_read() {
        for (value, text) in [(0.4, "0"), (999.0, "999"), (1234.0, "1,234"), (-1e6, "-1,000,000")] {
            assert_eq!(thousands(value), text);
        }
    }
}
