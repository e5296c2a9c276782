//! Instructions that a message takes, compared with those that were recorded.
//!
//! ```text
//!   cargo bench --bench instructions                      compares
//!   SOCKRATES_WRITE=1 cargo bench --bench instructions    records anew
//!
//!   ok      echo/16          3021  recorded  3010    +0.4 %
//!   FAILED  broadcast/100     612  recorded   501   +22.2 %
//! ```
//!
//! A clock says something else each time, and on a busy machine anything. valgrind counts what the
//! processor was told to do, which is the same each time but for a few in a thousand: hash tables
//! have random seeds. More than 5 % above what `recorded.txt` says fails. Another compiler makes
//! other instructions of the same code; then 25 % pass, and a line says so.
//!
//! What was counted stays in files beside the program: `callgrind_annotate FILE` says where.

#[path = "../../tests/support/mod.rs"]
mod support;

mod scenarios;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode};

use scenarios::{COUNTED, SCENARIOS, messages};

/// Per cent above what was recorded that pass: with the compiler of that time, and with another.
const MARGIN: f64 = 5.0;
const MARGIN_OF_ANOTHER: f64 = 25.0;

/// Has memory cleared and copied as most processors do it. An instruction that does so byte by byte
/// within the processor is counted as often as it has bytes.
const NO_LOOPS: &str = "glibc.cpu.x86_rep_stosb_threshold=0x7fffffff:\
    glibc.cpu.x86_rep_movsb_threshold=0x7fffffff";

/// What makes the program count a conversation.
const PLAY: &str = "--play";

const RECORD: &str = "SOCKRATES_WRITE=1 cargo bench --bench instructions";

fn main() -> ExitCode {
    if let Some(name) = env::args().skip_while(|arg| arg != PLAY).nth(1) {
        scenarios::play(&name);
        return ExitCode::SUCCESS;
    }
    let counted = SCENARIOS.iter().map(|(name, each)| Ok((*name, count(name)? / messages(*each))));
    let outcome = counted.collect::<Result<Vec<_>, String>>().and_then(|counted| {
        let compiler = compiler()?;
        match env::var_os("SOCKRATES_WRITE") {
            Some(_) => record(&compiler, &counted),
            None => compare(&compiler, &counted),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The instructions of all messages of a conversation.
fn count(name: &str) -> Result<u64, String> {
    let valgrind = env::var("VALGRIND").unwrap_or_else(|_| "valgrind".into());
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let file = format!("{}/{}.callgrind", env!("CARGO_TARGET_TMPDIR"), name.replace('/', "-"));
    let output = Command::new(&valgrind)
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={file}"))
        .env("GLIBC_TUNABLES", NO_LOOPS)
        .arg(program)
        .args([PLAY, name])
        .output()
        .map_err(|error| format!("{valgrind}: {error}. It counts instructions; install it."))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let counted = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let total = counted.lines().find_map(|line| line.strip_prefix("totals: "));
    match total.map(|total| total.trim().parse()) {
        Some(Ok(0)) | None => Err(format!("{name}: nothing was counted; is there {COUNTED}?")),
        Some(total) => total.map_err(|error| format!("{file}: {error}")),
    }
}

/// The compiler, and what it compiles for.
fn compiler() -> Result<String, String> {
    let rustc = Command::new("rustc").arg("-vV").output();
    let rustc = rustc.map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&rustc.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    Ok(format!("{}, {host}", text.lines().next().unwrap_or_default()))
}

fn recorded() -> String {
    format!("{}/benches/instructions/recorded.txt", env!("CARGO_MANIFEST_DIR"))
}

fn record(compiler: &str, counted: &[(&str, u64)]) -> Result<(), String> {
    let mut text = format!("# Instructions for one message. Written by: {RECORD}\n# {compiler}\n");
    for (name, found) in counted {
        let _ = writeln!(text, "{name:14} {found:6}");
    }
    print!("{text}");
    fs::write(recorded(), text).map_err(|error| format!("{}: {error}", recorded()))
}

fn compare(compiler: &str, counted: &[(&str, u64)]) -> Result<(), String> {
    let text =
        fs::read_to_string(recorded()).map_err(|error| format!("{}: {error}", recorded()))?;
    let mut margin = MARGIN;
    if !text.lines().any(|line| line.strip_prefix("# ") == Some(compiler)) {
        margin = MARGIN_OF_ANOTHER;
        println!("Recorded with another compiler than {compiler}: {margin} % more pass.");
    }
    let mut failed = 0;
    for (name, found) in counted {
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        let known = lines.find(|(known, _)| known == name).map(|(_, known)| known.trim().parse());
        let known: u64 = known.unwrap_or(Ok(0)).map_err(|error| format!("{name}: {error}"))?;
        let more = (*found as f64 / known as f64 - 1.0) * 100.0;
        let passes = more <= margin;
        failed += usize::from(!passes);
        let verdict = if passes { "ok" } else { "FAILED" };
        let hint = if more < -MARGIN { "  less: record it, so that it stays" } else { "" };
        println!("{verdict:6}  {name:14} {found:6}  recorded {known:6}  {more:+7.1} %{hint}");
    }
    println!("{} passed, {failed} failed", counted.len() - failed);
    match failed {
        0 => Ok(()),
        _ => Err(format!("More instructions than recorded. Where that is wanted: {RECORD}")),
    }
}
