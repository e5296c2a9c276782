//! What the official server offers, and where it is here: `docs/features.txt`, and the table that
//! is made of it in `docs/conformance.md`.
//!
//! ```text
//!   Socket | join(rooms) | src/socketio/socket.rs: join | tests/socketio_rooms.rs: who_joins_is_in
//!   Server | attachApp() | - | uWebSockets.js is an HTTP server of Node
//! ```
//!
//! Every item and every test that a line names has to be there. The table is written anew by
//! `SOCKRATES_WRITE=1 cargo test --test features`. That no member of the official classes is
//! forgotten, `tests/interop/features.test.mjs` checks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The lines between which the table stands.
const BEGIN: &str = "<!-- features: begin -->\n";
const END: &str = "<!-- features: end -->\n";

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// One thing that the official server offers.
struct Feature<'a> {
    object: &'a str,
    official: &'a str,
    here: Here<'a>,
}

enum Here<'a> {
    /// Where it is, and what shows that it works: each a file and a name in it.
    There { item: (&'a str, &'a str), test: (&'a str, &'a str) },
    /// Why it is not.
    LeftOut(&'a str),
}

fn features(list: &str) -> Vec<Feature<'_>> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parse = |line| {
        let fields: Vec<&str> = str::split(line, " | ").collect();
        let [object, official, item, rest] = fields[..] else {
            panic!("not four fields: {line}");
        };
        let here = match item {
            "-" => Here::LeftOut(rest),
            item => Here::There {
                item: item.split_once(": ").unwrap_or_else(|| panic!("no item: {line}")),
                test: rest.split_once(": ").unwrap_or_else(|| panic!("no test: {line}")),
            },
        };
        Feature { object, official, here }
    };
    lines.map(parse).collect()
}

/// Whether `file` declares `name`: a function, a type, a field, a test of either kind.
fn declares(file: &str, name: &str) -> bool {
    let Some(text) = read(file) else { return false };
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    let declarations = ["fn ", "struct ", "enum ", "trait ", "type ", "pub ", "macro ", "mod "];
    text.lines().any(|line| {
        let after = |word| line.split_once(word).map(|(_, after): (_, &str)| after);
        let declared = declarations
            .iter()
            .filter_map(after)
            .any(|after| after.strip_prefix(name).is_some_and(|rest| !rest.starts_with(goes_on)));
        let variant = line.trim_start().strip_prefix(name);
        let is_variant = variant.is_some_and(|rest| rest.starts_with([',', '(', ' ']));
        // A test of Node has a sentence for its name.
        declared || is_variant || line.contains(&format!("test(\"{name}\""))
    })
}

fn table(features: &[Feature<'_>]) -> String {
    let mut table = String::from("| Official | | Here | Shown by |\n|---|---|---|---|\n");
    for Feature { object, official, here } in features {
        let official = official.replace('|', "\\|");
        let _ = match here {
            Here::There { item: (file, item), test: (test_file, test) } => writeln!(
                table,
                "| {object} | `{official}` | [`{item}`](../{file}) | [`{test}`](../{test_file}) |"
            ),
            Here::LeftOut(why) => writeln!(table, "| {object} | `{official}` | left out | {why} |"),
        };
    }
    table
}

#[test]
fn every_feature_is_where_the_table_says() {
    let list = read("docs/features.txt").expect("the list");
    let features = features(&list);
    assert!(features.len() > 100, "a list that has been cut off proves nothing");
    let mut missing = Vec::new();
    for feature in &features {
        match feature.here {
            Here::There { item, test } => {
                for (file, name) in [item, test] {
                    if !declares(file, name) {
                        missing.push(format!("{}: {file} has no {name}", feature.official));
                    }
                }
            }
            Here::LeftOut(why) => {
                assert!(why.len() > 10, "{}: no reason", feature.official);
            }
        }
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));

    let page = read("docs/conformance.md").expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("the beginning of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    let table = table(&features);
    let wanted = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("SOCKRATES_WRITE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md");
        fs::write(path, &wanted).expect("writes the page");
    } else {
        assert!(page == wanted, "SOCKRATES_WRITE=1 cargo test --test features writes the table");
    }
}

#[test]
fn names_are_found_whole_and_nowhere_else() {
    let file = "tests/features.rs";
    assert!(declares(file, "table") && declares(file, "Feature") && declares(file, "LeftOut"));
    assert!(!declares(file, "tabl") && !declares(file, "Featur") && !declares(file, "nothing"));
}
