//! A ladder: some lines of a recording as a drawing, browser left, server right, time down.
//!
//! ```text
//!   │ ──── GET ?EIO=4&transport=polling ────► │
//!   │ ◄─── 200  0{"sid":"…"} ──────────────── │     a bar on the right while a request waits
//! ```

use std::fmt::Write as _;

use serde_json::Value;

const WIDTH: usize = 760;
const ROW: usize = 34;
const TOP: usize = 40;
/// Where the browser's rails are, and the server's: polling and WebSocket.
const LEFT: [usize; 2] = [40, 28];
const RIGHT: [usize; 2] = [720, 732];
/// Characters of a label.
const LABEL: usize = 74;

const STYLE: &str = "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#23302e}\
    .end{font:600 13px system-ui,sans-serif}.polling{stroke:#a8650c;fill:#a8650c}\
    .websocket{stroke:#1f7a52;fill:#1f7a52}.rail{stroke-opacity:.35}\
    .paper{fill:#fffdf9}.wait{fill-opacity:.5;stroke:none}\
    @media (prefers-color-scheme:dark){text{fill:#e6ebe8}.polling{stroke:#e5af55;fill:#e5af55}\
    .websocket{stroke:#62cf9a;fill:#62cf9a}.paper{fill:#1a2123}}";

/// Draws the events between two numbers, both included.
pub fn draw(recording: &str, title: &str, from: u64, to: u64) -> String {
    let events: Vec<Value> = recording
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Value| (from..=to).contains(&event["n"].as_u64().unwrap_or_default()))
        .filter(|event| !label(event).is_empty())
        .collect();
    let height = TOP + events.len() * ROW + 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"12\"/>\n\
         <text class=\"end\" x=\"24\" y=\"24\">Browser</text>\n\
         <text class=\"end\" x=\"{}\" y=\"24\" text-anchor=\"end\">Server</text>\n",
        WIDTH - 24
    );
    for (lane, name) in ["polling", "websocket"].into_iter().enumerate() {
        if events.iter().any(|event| event["lane"] == name) {
            for x in [LEFT[lane], RIGHT[lane]] {
                writeln!(
                    svg,
                    "<path class=\"rail {name}\" d=\"M{x} {TOP}V{}\" stroke-width=\"2\"/>",
                    height - 10
                )
                .unwrap();
            }
        }
    }
    for (row, event) in events.iter().enumerate() {
        arrow(&mut svg, event, TOP + row * ROW + ROW / 2);
        waiting(&mut svg, &events, row);
    }
    svg + "</svg>\n"
}

fn arrow(svg: &mut String, event: &Value, y: usize) {
    let lane = usize::from(event["lane"] == "websocket");
    let name = ["polling", "websocket"][lane];
    let from_client = event["from"] == "client";
    let (left, right) = (LEFT[lane] + 4, RIGHT[lane] - 4);
    let dashes = if event["kind"] == "response" { " stroke-dasharray=\"6 4\"" } else { "" };
    let (tip, back) = if from_client { (right, right - 9) } else { (left, left + 9) };
    let text = label(event);
    let wide = text.chars().count() * 8 + 16;
    let x = if from_client { left + 26 } else { right - 26 - wide };
    write!(
        svg,
        "<path class=\"{name}\" d=\"M{left} {y}H{right}\" stroke-width=\"1.5\"{dashes}/>\n\
         <path class=\"{name}\" d=\"M{tip} {y}L{back} {}L{back} {}Z\"/>\n\
         <rect class=\"paper\" x=\"{x}\" y=\"{}\" width=\"{wide}\" height=\"24\" rx=\"6\"/>\n\
         <text x=\"{}\" y=\"{}\">{}</text>\n",
        y - 5,
        y + 5,
        y - 12,
        x + 8,
        y + 5,
        escaped(&text)
    )
    .unwrap();
}

/// A bar at the server, from a request to its answer.
fn waiting(svg: &mut String, events: &[Value], row: usize) {
    let asked = &events[row];
    let is_answer = |it: &Value| it["kind"] == "response" && it["request"] == asked["request"];
    if asked["kind"] != "request" {
        return;
    }
    // One that is answered in a later chapter waits on.
    let end = events.iter().position(is_answer).unwrap_or(events.len());
    let (y, height) = (TOP + row * ROW + ROW / 2, (end - row) * ROW);
    let x = RIGHT[0]
        + if asked["head"].as_str().is_some_and(|it| it.starts_with("POST")) { 4 } else { 0 };
    writeln!(
        svg,
        "<rect class=\"wait {}\" x=\"{x}\" y=\"{y}\" width=\"5\" height=\"{height}\" rx=\"2\"/>",
        asked["lane"].as_str().unwrap()
    )
    .unwrap();
}

fn label(event: &Value) -> String {
    let text = event["text"].as_str().unwrap_or_default();
    let head = event["head"].as_str().unwrap_or_default();
    let words: Vec<_> = head.lines().next().unwrap_or_default().split(' ').collect();
    let said = match (event["kind"].as_str(), words.as_slice()) {
        (Some("request"), [method, target, ..]) => {
            let query = target.split_once('?').map_or("", |(_, query)| query);
            if text.is_empty() { format!("{method} ?{query}") } else { format!("{method}  {text}") }
        }
        (Some("response"), [_, status, reason @ ..]) if text.is_empty() => {
            format!("{status} {}", reason.join(" "))
        }
        (Some("response"), [_, status, ..]) => format!("{status}  {text}"),
        (Some("frame"), _) if text.is_empty() => format!("{} bytes", event["size"]),
        (Some("frame"), _) => text.to_owned(),
        _ => String::new(),
    };
    if said.chars().count() <= LABEL {
        return said;
    }
    said.chars().take(LABEL - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\x1e', "␞")
}
