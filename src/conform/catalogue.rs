//! All checks, and a choice of them.
//!
//! ```text
//!   --only 'upgrade/*'     all about the upgrade
//!   --only '*polling*'     all with that in their name
//!   --only connect/main    one
//! ```
//!
//! Core file.

use super::check::Check;
use super::checks::{
    acks, binary, close, connect, events, handshake, heartbeat, hostile, limits, namespaces,
    polling, upgrade, websocket,
};

/// Every check, in the order in which they are asked.
pub fn all() -> impl Iterator<Item = &'static Check> {
    let lists: [&'static [Check]; 13] = [
        handshake::CHECKS,
        polling::CHECKS,
        close::CHECKS,
        heartbeat::CHECKS,
        websocket::CHECKS,
        upgrade::CHECKS,
        connect::CHECKS,
        namespaces::CHECKS,
        events::CHECKS,
        acks::CHECKS,
        binary::CHECKS,
        limits::CHECKS,
        hostile::CHECKS,
    ];
    lists.into_iter().flatten()
}

/// Those that are wanted: all, if nothing is said.
pub fn chosen(only: &[String]) -> Vec<&'static Check> {
    let wanted = |check: &&Check| only.is_empty() || only.iter().any(|it| matches(it, check.id));
    all().filter(wanted).collect()
}

/// Whether a name fits a pattern, in which `*` is anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let Some((middle, end)) = rest.rsplit_once('*') else { return name.ends_with(rest) };
    for piece in middle.split('*') {
        // The first place is as good as any other, since what follows may be anywhere behind it.
        match name.split_once(piece) {
            Some((_, behind)) => name = behind,
            None => return false,
        }
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::conform::check::Stage;

    #[test]
    fn a_star_is_anything() {
        let check = |pattern, name, fits| assert_eq!(matches(pattern, name), fits, "{pattern}");
        check("a/b", "a/b", true);
        check("a/b", "a/bc", false);
        check("a/*", "a/b", true);
        check("*", "a/b", true);
        check("*b", "a/b", true);
        check("a*b", "a", false);
        check("*a*b*", "xaxbx", true);
        check("*b*a*", "xaxbx", false);
        check("a*a", "a", false);
        check("a**", "a", true);
    }

    #[test]
    fn checks_have_names_of_their_own_and_come_in_order() {
        let ids: HashSet<_> = all().map(|it| it.id).collect();
        assert_eq!(ids.len(), all().count());
        assert!(ids.len() >= 80, "{}", ids.len());
        assert!(all().is_sorted_by_key(|it| it.stage));
        let stages: HashSet<_> = all().map(|it| it.stage.number()).collect();
        assert_eq!(stages.len(), Stage::ALL.len());
        for check in all() {
            assert!(!check.title.zh.is_ascii() || check.title.zh == check.title.en, "{}", check.id);
        }
    }

    #[test]
    fn a_rule_that_is_named_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
        let read = |name| fs::read_to_string(folder.join(name)).unwrap();
        let rules = read("engineio-v4.txt") + &read("socketio-v5.txt");
        let is_id = |it: &&Check| it.clause.starts_with("EIO4-") || it.clause.starts_with("SIO5-");
        for check in all().filter(is_id) {
            let line = format!("\n{} | ", check.clause);
            assert!(rules.contains(&line), "{}: {}", check.id, check.clause);
        }
    }
}
