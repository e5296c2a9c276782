//! Pictures for the README: bars, drawn by hand.
//!
//! ```text
//!   Sockrates      ███ 0.7
//!   socketioxide   ███████ 1.8
//!   Node, ws       ████████████████████████████████ 11.4
//! ```

use std::fmt::Write as _;
use std::fs;

use crate::results::{Measure, Results};
use crate::servers::{self, SERVERS};

/// One group of bars in a picture.
struct Group {
    title: &'static str,
    scenario: &'static str,
    measure: Measure,
    /// What a value is divided by for the label.
    unit: f64,
}

const COST: &[Group] = &[
    Group { title: "echo, 16 in flight", scenario: "echo16", measure: Measure::Cpu, unit: 1.0 },
    Group { title: "broadcast to 1,000", scenario: "bcast1000", measure: Measure::Cpu, unit: 1.0 },
    Group { title: "polling, one in flight", scenario: "poll1", measure: Measure::Cpu, unit: 1.0 },
];

const MEMORY: &[Group] = &[
    Group { title: "WebSocket", scenario: "idle-ws", measure: Measure::Client, unit: 1024.0 },
    Group { title: "waiting poll", scenario: "idle-polls", measure: Measure::Client, unit: 1024.0 },
];

/// Draws both, next to the document that has the tables.
pub fn write(results: &Results) -> Result<(), String> {
    let cost = draw(results, "Microseconds of CPU for each message: less is better", COST);
    let memory = draw(results, "KiB of memory for each idle client: less is better", MEMORY);
    for (name, picture) in [("cost", cost), ("memory", memory)] {
        let file = servers::here().join(format!("../../docs/performance-{name}.svg"));
        fs::write(&file, picture).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

const WIDTH: f64 = 720.0;
const LABELS: f64 = 190.0;
const LINE: f64 = 20.0;

/// A picture whose groups each have a scale of their own, since what they show differs by far.
fn draw(results: &Results, title: &str, groups: &[Group]) -> String {
    let mut body = String::new();
    let mut top = 2.0 * LINE;
    for group in groups {
        let bars: Vec<_> = SERVERS
            .iter()
            .filter_map(|it| Some((it, results.median(group.scenario, it.name, group.measure)?)))
            .collect();
        if bars.is_empty() {
            continue;
        }
        let most = bars.iter().map(|it| it.1.middle).fold(f64::MIN_POSITIVE, f64::max);
        top += LINE / 2.0;
        let _ = writeln!(
            body,
            r#"<text class="group" x="0" y="{:.0}">{}</text>"#,
            top + 14.0,
            group.title
        );
        top += LINE;
        for (server, median) in bars {
            let width = median.middle / most * (WIDTH - LABELS - 70.0);
            let kind = match server.name {
                "sockrates" => "ours",
                name if name.starts_with("floor") => "floor",
                _ => "peer",
            };
            let _ = writeln!(
                body,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n\
                 <rect class=\"{kind}\" x=\"{LABELS}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"14\"/>\n\
                 <text x=\"{:.0}\" y=\"{:.0}\">{}</text>",
                LABELS - 8.0,
                top + 14.0,
                server.title,
                top + 3.0,
                LABELS + width + 6.0,
                top + 14.0,
                label(median.middle / group.unit),
            );
            top += LINE;
        }
    }
    let height = top + LINE / 2.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n<title>{title}</title>\n\
         <style>\ntext {{ fill: #57606a }}\n.group {{ font-weight: bold }}\n\
         .ours {{ fill: #d9480f }}\n.floor {{ fill: #ced4da }}\n.peer {{ fill: #868e96 }}\n</style>\n\
         <text class=\"group\" x=\"0\" y=\"20\" font-size=\"15\">{title}</text>\n{body}</svg>\n"
    )
}

/// Three digits say enough.
fn label(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Figures;

    #[test]
    fn the_longest_bar_is_as_long_as_there_is_room() {
        let mut results = Results::default();
        for (server, cpu) in [("sockrates", 1.0), ("oxide", 4.0)] {
            let figures = Figures {
                messages: 1_000_000,
                seconds: 1.0,
                cpu_seconds: Some(cpu),
                ..Figures::default()
            };
            results.add("echo16", server, figures);
        }
        let picture = draw(&results, "t", COST);
        assert!(picture.contains(r#"class="ours" x="190" y="73" width="115.0""#), "{picture}");
        assert!(picture.contains(r#"class="peer" x="190" y="93" width="460.0""#), "{picture}");
        assert!(picture.contains(">4.00</text>"), "{picture}");
    }
}
