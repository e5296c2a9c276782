//! The rules of CONTRIBUTING.md that a machine can check. A test lists everything it finds.

use std::fs;
use std::path::Path;

struct File {
    path: String,
    text: String,
}

impl File {
    fn before_tests(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take_while(|line| *line != "#[cfg(test)]")
    }

    fn is(&self, kind: &str) -> bool {
        self.text.contains(&format!("\n//! {kind} file"))
    }
}

/// Every file below a folder of the project whose name has one of these endings.
fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for entry in fs::read_dir(here).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() && !["node_modules", "target", "shots"].contains(&&*name) {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(File { path, text: fs::read_to_string(entry.path()).expect("text") });
        }
    }
    found
}

fn nothing(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// Finds words, but not where they are a part of a longer one.
fn find(files: &[File], words: &[&str]) -> Vec<String> {
    assert!(!files.is_empty(), "a check that looks at nothing cannot fail");
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let mentions = |line: &str, word: &str| {
        let goes_on = |at| word.ends_with(in_name) && line[at..].starts_with(in_name);
        let mut starts = line.match_indices(word).map(|(at, _)| at);
        starts.any(|at| !line[..at].ends_with(in_name) && !goes_on(at + word.len()))
    };
    let mut findings = Vec::new();
    for file in files {
        for (number, line) in (1..).zip(file.text.lines()) {
            for word in words.iter().filter(|word| mentions(line, word)) {
                findings.push(format!("{}:{number} mentions {word}", file.path));
            }
        }
    }
    findings
}

#[test]
fn layers_only_look_down() {
    let below = |layer, above: &[&str]| find(&files(layer, &[".rs"]), above);
    let mut findings = below("src/chat", &["engineio"]);
    let above = ["crate::chat", "chat::", "crate::socketio", "socketio::"];
    findings.extend(below("src/engineio", &above));
    findings.extend(below("src/socketio", &above[..2]));
    nothing(findings);
}

#[test]
fn a_file_is_core_or_shell_and_says_which() {
    let mut found = files("src", &[".rs"]);
    found.retain(|file| file.is("Core") == file.is("Shell"));
    found.retain(|it| !["mod.rs", "lib.rs", "main.rs"].iter().any(|map| it.path.ends_with(map)));
    nothing(found.into_iter().map(|file| file.path + ":1 is neither core nor shell").collect());
}

#[test]
fn cores_know_no_socket_no_clock_no_task_and_no_log() {
    let mut cores = files("src", &[".rs"]);
    cores.retain(|file| file.is("Core"));
    for core in &mut cores {
        // Prose may name what code must not use, so comments count as empty lines.
        let code = |line| if str::trim_start(line).starts_with("//") { "" } else { line };
        core.text = core.before_tests().map(code).collect::<Vec<_>>().join("\n");
    }
    let clocks = ["Instant::now", "SystemTime", "std::net", "std::fs", "std::thread", "tracing"];
    let crates = ["tokio", "tokio_util", "tokio_tungstenite", "tungstenite", "hyper", "dashmap"];
    nothing(find(&cores, &[&clocks[..], &crates].concat()));
}

#[test]
fn files_and_functions_are_short() {
    let mut findings = Vec::new();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_modifier = |c: char| c.is_ascii_lowercase() || " ()".contains(c);
    for file in files("src", &[".rs"]) {
        if file.before_tests().nth(400).is_some() {
            findings.push(format!("{}:401 a file of more than 400 lines", file.path));
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            // rustfmt puts the end of a function below its beginning.
            let ends = |it: &str| indent(it) == indent(line) && it.ends_with(['}', ';']);
            let length = file.text.lines().skip(number - 1).position(ends).map_or(0, |at| at + 1);
            let before = line.split_once("fn ").map(|(before, _)| before);
            if length > 70 && before.is_some_and(|before| before.chars().all(is_modifier)) {
                findings.push(format!("{}:{number} a function of {length} lines", file.path));
            }
        }
    }
    nothing(findings);
}

#[test]
fn nothing_is_unsafe_left_for_later_switched_off_or_of_one_machine() {
    // Put together here, so that this file does not find itself.
    let later = ["TO-DO", "FIX-ME", "XX-X", "un-safe {", "#[ig-nore"].map(|it| it.replace('-', ""));
    let folders = ["src", "tests", "examples", "benches", "fuzz", "web"];
    let all: Vec<_> = folders.iter().flat_map(|it| files(it, &[".rs", ".js", ".mjs"])).collect();
    let mut findings = find(&all, &later.each_ref().map(String::as_str));
    let paths = ["work", "root", "tmp"].map(|folder| format!("/{folder}/"));
    findings.extend(find(&files("src", &[".rs"]), &paths.each_ref().map(String::as_str)));
    nothing(findings);
}

#[test]
fn every_rule_of_the_specification_is_kept_and_tested() {
    let text = |files: Vec<File>| files.into_iter().map(|file| file.text).collect::<String>();
    let (src, web) = (text(files("src", &[".rs"])), text(files("web/client", &[".js"])));
    let tests = text(files("tests", &[".rs", ".mjs", ".txt"]));
    let mut findings = Vec::new();
    for list in files("spec", &[".txt"]) {
        for (number, rule) in (1..).zip(list.text.lines()).filter(|it| !it.1.starts_with('#')) {
            let mut fields = rule.split(" | ");
            let id = format!("[{}]", fields.next().unwrap_or_default());
            let kept = match fields.next() {
                Some("server") => src.contains(&id),
                Some("client") => web.contains(&id) || src.contains(&id),
                Some("both") => web.contains(&id) && src.contains(&id),
                _ => rule.is_empty(),
            };
            let tested = rule.is_empty() || tests.contains(&id);
            if !(kept && tested) {
                findings.push(format!("{}:{number} {id} kept: {kept} tested: {tested}", list.path));
            }
        }
    }
    nothing(findings);
}

#[test]
fn every_departure_names_a_test_that_is_there() {
    let table =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/departures.md"))
            .expect("text");
    let mut tests = files("tests", &[".rs"]);
    tests.extend(files("src", &[".rs"]));
    let rows = (1..).zip(table.lines()).filter(|(_, line)| line.starts_with('|'));
    let mut findings = Vec::new();
    for (number, line) in rows {
        let last = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
        if last == "Test" || last == "---" {
            continue;
        }
        let Some((file, name)) = last.trim_matches('`').split_once("`: `") else {
            findings.push(format!("docs/departures.md:{number} names no test"));
            continue;
        };
        let path = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/{file}.rs") };
        let name = format!("fn {name}(");
        if !tests.iter().any(|test| test.path == path && test.text.contains(&name)) {
            findings.push(format!("docs/departures.md:{number} {path} has no {name})"));
        }
    }
    nothing(findings);
}
