//! What a process costs, as the operating system counts it.
//!
//! ```text
//!   /proc/4711/stat     4711 (node) S 1 … 14: user ticks  15: system ticks …
//!   /proc/4711/status   VmRSS:  56360 kB
//! ```
//!
//! A server may be several processes, so its children are counted too. Linux alone has these
//! files; elsewhere there are no such figures.
//!
//! Shell file: reads `/proc`.

use std::time::Duration;
use std::{fs, io};

/// What a process and its children have cost so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cost {
    /// Time that it has been running on a processor, in itself and in the kernel.
    pub cpu: Duration,
    /// Bytes of memory that it has now.
    pub resident: u64,
}

/// One line of `/proc/…/stat`.
#[derive(Debug, Eq, PartialEq)]
struct Stat {
    parent: u32,
    ticks: u64,
}

/// What the process with this id has cost.
///
/// # Errors
/// When there is none.
pub fn cost(id: u32) -> io::Result<Cost> {
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    let mut cost = Cost::default();
    for id in family(id)? {
        let Some(stat) = stat(id) else { continue };
        cost.cpu += Duration::from_secs_f64(stat.ticks as f64 / ticks_per_second as f64);
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        cost.resident += resident(&status);
    }
    Ok(cost)
}

/// A process, its children, theirs …
fn family(id: u32) -> io::Result<Vec<u32>> {
    let missing = || io::Error::other(format!("there is no process {id} to look at"));
    stat(id).ok_or_else(missing)?;
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some((id, stat(id)?.parent)))
        .collect();
    let mut family = vec![id];
    let mut seen = 0;
    while let Some(&parent) = family.get(seen) {
        family.extend(parents.iter().filter(|it| it.1 == parent).map(|it| it.0));
        seen += 1;
    }
    Ok(family)
}

fn stat(id: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Stat> {
    // The name of the program may have anything in it, so what comes after its bracket counts.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let user: u64 = fields.nth(9)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Stat { parent, ticks: user + system })
}

fn resident(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0_u64) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_whatever_the_program_is_called() {
        let line = "4711 (a) R (b) S 42 4711 4711 0 -1 4194304 500 0 0 0 30 12 0 0 20 0 1 0";
        assert_eq!(parse(line), Some(Stat { parent: 42, ticks: 42 }));
        assert_eq!(parse("4711 (a) S 42"), None);
        assert_eq!(parse(""), None);
        assert_eq!(resident("Name:\tx\nVmRSS:\t   56360 kB\n"), 56_360 * 1024);
        assert_eq!(resident("Name:\tx\n"), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_cost_something_and_no_process_is_an_error() {
        let cost = cost(std::process::id()).unwrap();
        assert!(cost.resident > 1_000_000, "{cost:?}");
        assert!(super::cost(u32::MAX).unwrap_err().to_string().contains("no process"));
    }
}
