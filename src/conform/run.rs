//! One run of `sockrates conform`.
//!
//! ```text
//!   0   nothing failed that must not
//!   1   something did
//!   2   there is nobody who may be asked
//! ```
//!
//! Shell file: owns the runtime.

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};

use tokio::runtime::Builder;

use super::catalogue;
use super::check::Stage;
use super::examine::Examination;
use super::facts::Facts;
use super::lang::Lang;
use super::machine::{self, Row};
use super::options::{Conform, Manner, Place};
use super::report::{Style, Sum, heading, lines};

/// Runs the checks. Says whether all that must not fail has not.
///
/// # Errors
/// When there is nobody to ask, or nobody to tell.
pub fn run(conform: &Conform) -> Result<bool, Box<dyn Error>> {
    let checks = catalogue::chosen(&conform.only);
    if checks.is_empty() {
        return Err("no check has such a name; --list shows them".into());
    }
    let style = style(&conform.manner);
    if conform.list {
        return list(conform, style).map(|()| true);
    }
    let place = conform.place()?;
    let url = url(&place);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut sum, mut rows) = (Sum::default(), Vec::<Row>::new());
    let (facts, written) = runtime.block_on(async {
        let limit = conform.manner.limit();
        let examination =
            Examination::begin(place, facts(&conform.manner), conform.suite, limit).await;
        if !conform.json {
            begin(&url, &examination.facts, style)?;
        }
        let (mut stage, mut written) = (None, Ok(()));
        let on = |check: &'static _, outcome| {
            sum.add(check, &outcome);
            if !conform.json && written.is_ok() {
                written = show(check, &outcome, &mut stage, style);
            }
            rows.push((check, outcome));
        };
        examination.ask_all(&checks, on).await;
        Ok::<_, io::Error>((examination.facts, written))
    })?;
    written?;
    let mut out = io::stdout();
    if conform.json {
        let json = machine::json(&url, &facts, &sum, &rows, style.lang);
        writeln!(out, "{json:#}")?;
    } else {
        writeln!(out, "\n{}", sum.line(style))?;
    }
    if let Some(file) = &conform.junit {
        let xml = machine::junit(&rows, style.lang);
        fs::write(file, xml).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(sum.must == 0)
}

pub fn style(manner: &Manner) -> Style {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    Style { lang: manner.lang(), colours: io::stdout().is_terminal() && !plain }
}

pub fn facts(manner: &Manner) -> Facts {
    Facts { auth: manner.auth.clone(), patience: manner.patience(), ..Facts::default() }
}

pub fn url(place: &Place) -> String {
    format!("http://{}{}", place.host, place.path)
}

fn list(conform: &Conform, style: Style) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let checks = catalogue::chosen(&conform.only);
    if conform.json {
        let rows = checks.iter().map(|it| {
            serde_json::json!({
                "id": it.id, "stage": it.stage.number(), "clause": it.clause,
                "grave": it.grave.name(), "title": it.title.of(style.lang),
                "needs": format!("{:?}", it.needs).to_lowercase(),
            })
        });
        writeln!(out, "{:#}", serde_json::Value::from_iter(rows))?;
        return Ok(());
    }
    for check in checks {
        let (id, grave) = (check.id, check.grave.name());
        let needs = format!("{:?}", check.needs).to_lowercase();
        writeln!(out, "{id:31} {grave:6} {needs:5} {}", style.word(&check.title))?;
    }
    Ok(())
}

fn begin(url: &str, facts: &Facts, style: Style) -> io::Result<()> {
    let [polling, websocket, suite] = [facts.polling, facts.websocket, facts.suite]
        .map(|it| if it { style.pick("yes", "有") } else { style.pick("no", "无") });
    let (interval, wait) = (facts.ping_interval.as_millis(), facts.ping_timeout.as_millis());
    let bytes = facts.max_payload;
    let line = if style.lang == Lang::Zh {
        format!(
            "{url}\n长轮询：{polling}，WebSocket：{websocket}，心跳间隔 {interval} 毫秒，\
             回应时限 {wait} 毫秒，最大载荷 {bytes} 字节，测试套件的处理函数：{suite}"
        )
    } else {
        format!(
            "{url}\npolling: {polling}, WebSocket: {websocket}, ping every {interval} ms, \
             {wait} ms to answer, at most {bytes} bytes, handlers of the suite: {suite}"
        )
    };
    writeln!(io::stdout(), "{line}")
}

fn show(
    check: &'static super::check::Check,
    outcome: &super::outcome::Outcome,
    last: &mut Option<Stage>,
    style: Style,
) -> io::Result<()> {
    let mut out = io::stdout();
    if *last != Some(check.stage) {
        *last = Some(check.stage);
        writeln!(out, "{}", heading(check.stage, style))?;
    }
    write!(out, "{}", lines(check, outcome, style))?;
    out.flush()
}
