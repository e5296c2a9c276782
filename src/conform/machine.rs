//! The outcome of a run, for programs: JSON, and the XML that JUnit began.
//!
//! ```text
//!   {"url":"…","passed":120,"failed":{"must":0,…},"checks":[{"id":"…","result":"passed",…}]}
//!
//!   <testsuite name="upgrade" tests="14" failures="1" skipped="2">
//!     <testcase name="upgrade/probe" time="0.012"/>
//! ```
//!
//! In the XML only what must not fail is a failure, as for the exit code; what should not is a
//! test that was skipped, and says why.
//!
//! Core file.

use serde_json::{Value, json};

use super::check::{Check, Grave, Stage};
use super::explained::last;
use super::facts::Facts;
use super::lang::Lang;
use super::outcome::{Outcome, Side};
use super::report::Sum;

/// A check and its outcome.
pub type Row = (&'static Check, Outcome);

pub fn json(url: &str, facts: &Facts, sum: &Sum, rows: &[Row], lang: Lang) -> Value {
    let checks: Vec<_> = rows.iter().map(|(check, it)| row(check, it, lang)).collect();
    json!({
        "url": url,
        "server": {
            "polling": facts.polling,
            "websocket": facts.websocket,
            "pingInterval": facts.ping_interval.as_millis() as u64,
            "pingTimeout": facts.ping_timeout.as_millis() as u64,
            "maxPayload": facts.max_payload,
            "suite": facts.suite,
        },
        "passed": sum.passed,
        "failed": {"must": sum.must, "should": sum.should, "ours": sum.ours},
        "skipped": sum.skipped,
        "checks": checks,
    })
}

fn row(check: &Check, outcome: &Outcome, lang: Lang) -> Value {
    let notes = outcome.notes.iter().map(|note| {
        let from = match note.from {
            Side::Client => "client",
            Side::Server => "server",
        };
        json!({"from": from, "text": note.text})
    });
    let mut row = json!({
        "id": check.id,
        "stage": check.stage.number(),
        "clause": check.clause,
        "grave": check.grave.name(),
        "title": check.title.of(lang),
        "result": result(outcome),
        "seconds": (outcome.took * 1000.0).round() / 1000.0,
        "conversation": notes.collect::<Vec<_>>(),
    });
    if let Some(map) = row.as_object_mut() {
        if let Some(fault) = outcome.failed() {
            map.insert("expected".to_owned(), fault.wanted.of(lang).into());
            map.insert("received".to_owned(), fault.received.of(lang).into());
            let explained = last(&outcome.notes, lang).into_iter().map(|(side, found)| {
                let from = if side == Side::Client { "client" } else { "server" };
                json!({"from": from, "explanation": found})
            });
            map.insert("explained".to_owned(), explained.collect());
        }
        if let Some(why) = outcome.skipped() {
            map.insert("why".to_owned(), why.of(lang).into());
        }
    }
    row
}

fn result(outcome: &Outcome) -> &'static str {
    match (outcome.failed(), outcome.skipped()) {
        (Some(_), _) => "failed",
        (None, Some(_)) => "skipped",
        (None, None) => "passed",
    }
}

pub fn junit(rows: &[Row], lang: Lang) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for stage in Stage::ALL {
        let rows: Vec<_> = rows.iter().filter(|(check, _)| check.stage == stage).collect();
        if rows.is_empty() {
            continue;
        }
        let fails = |(check, outcome): &&&Row| fails(check, outcome);
        let failures = rows.iter().filter(fails).count();
        let passed = rows.iter().filter(|(_, it)| it.verdict.is_ok()).count();
        out += &format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{}\">\n",
            escape(stage.name().of(lang)),
            rows.len(),
            rows.len() - failures - passed,
        );
        rows.iter().for_each(|(check, outcome)| out += &case(check, outcome, lang));
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

fn fails(check: &Check, outcome: &Outcome) -> bool {
    check.grave == Grave::Must && outcome.failed().is_some()
}

fn case(check: &Check, outcome: &Outcome, lang: Lang) -> String {
    let (id, took) = (escape(check.id), outcome.took);
    let start = format!("    <testcase name=\"{id}\" classname=\"conform\" time=\"{took:.3}\"");
    let inside = if let Some(fault) = outcome.failed() {
        let [wanted, received] = [&fault.wanted, &fault.received].map(|it| escape(it.of(lang)));
        let message = format!("expected {wanted}, received {received}");
        let talk: Vec<_> = outcome.notes.iter().map(|it| escape(&it.text)).collect();
        let talk = talk.join("\n");
        if fails(check, outcome) {
            format!("<failure message=\"{message}\">{talk}</failure>")
        } else {
            format!("<skipped message=\"{}: {message}\"/>", check.grave.name())
        }
    } else if let Some(why) = outcome.skipped() {
        format!("<skipped message=\"{}\"/>", escape(why.of(lang)))
    } else {
        return format!("{start}/>\n");
    };
    format!("{start}>{inside}</testcase>\n")
}

/// Text as XML 1.0 can have it.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            it if it.is_control() || matches!(it, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::catalogue;
    use crate::conform::lang::wire;
    use crate::conform::outcome::Stop;

    #[test]
    fn xml_has_no_marks_of_its_own_inside_and_counts_what_must_not_fail() {
        let fault = || Err(Stop::failed(wire("<a> & \"b\"\u{1}"), wire("x")));
        let of = |verdict| Outcome { verdict, notes: vec![], took: 0.5 };
        let must = catalogue::all().find(|it| it.grave == Grave::Must).unwrap();
        let should = catalogue::all().find(|it| it.grave == Grave::Should).unwrap();
        let xml =
            junit(&[(must, of(fault())), (should, of(fault())), (must, of(Ok(())))], Lang::En);
        assert!(xml.contains("tests=\"3\" failures=\"1\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("`&lt;a&gt; &amp; &quot;b&quot;\\u{1}`"), "{xml}");
        assert_eq!(escape("\u{1}"), "\u{FFFD}");
    }
}
