//! One run: a server of its own, on a core of its own, and one load.
//!
//! ```text
//!   core 0   taskset ► server ─ "listening on http://127.0.0.1:4711"
//!   core 1   taskset ► sockrates load http://127.0.0.1:4711 … --pid ─ {"messages":…}
//! ```

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::scenarios::Scenario;
use crate::servers::{self, Server};

/// How long a noise is made before anything is measured beside it.
const NOISE_FIRST: Duration = Duration::from_secs(4);

/// What `sockrates load --json` prints.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Figures {
    pub messages: u64,
    pub seconds: f64,
    pub cpu_seconds: Option<f64>,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    #[serde(default)]
    pub resident: Vec<(String, u64)>,
    pub clients: usize,
}

/// Where things run, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub server_core: u32,
    pub load_core: u32,
    pub seconds: u32,
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server, loads it, and ends it.
///
/// # Errors
/// When the server does not start, or does not keep the contract.
pub fn measure(server: &Server, scenario: &Scenario, place: Place) -> Result<Figures, String> {
    let core = (scenario.threads == 1).then_some(place.server_core);
    let (running, url) = start(server, scenario.threads, core)?;
    let id = running.0.id();
    let load_core = core.map(|_| place.load_core);
    let _noise = match scenario.noise {
        None => None,
        Some(noise) => {
            // Who measures goes first: it is the server that shall be disturbed.
            let polite = ["nice", "-n", "19"].map(PathBuf::from);
            let mut command = bound_to(load_core, &[&polite[..], &[servers::load()]].concat());
            command.args(["load", &url]).args(noise.split(' ')).args(["--seconds", "60"]);
            let child = command.stdout(Stdio::null()).spawn();
            let running = Running(child.map_err(|error| format!("{command:?}: {error}"))?);
            #[expect(clippy::disallowed_methods, reason = "nothing else is done meanwhile")]
            sleep(NOISE_FIRST);
            Some(running)
        }
    };
    let text = load(&url, scenario.load, Some((id, place.seconds)), load_core)?;
    serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))
}

/// Goes through the contract with a server, before anything is measured.
///
/// # Errors
/// When it does not keep it.
pub fn check(server: &Server) -> Result<(), String> {
    let (_running, url) = start(server, 1, None)?;
    let acts: &[&str] = match server.can {
        ["*"] => &["contract", "contract --transport polling", "contract --transport upgrade"],
        ["poll", ..] => &["contract --transport polling --echo-only"],
        _ => &["contract --echo-only"],
    };
    for act in acts {
        load(&url, act, None, None).map_err(|error| format!("{act}: {error}"))?;
    }
    Ok(())
}

fn start(server: &Server, threads: usize, core: Option<u32>) -> Result<(Running, String), String> {
    let mut command = bound_to(core, &server.command());
    command.args(["--port", "0", "--threads", &threads.to_string()]);
    command.stdout(Stdio::piped()).stderr(Stdio::inherit()).stdin(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let out = child.stdout.take();
    let running = Running(child);
    for line in BufReader::new(out.ok_or("no output")?).lines().map_while(Result::ok) {
        if let Some(url) = line.strip_prefix("listening on ") {
            return Ok((running, url.to_owned()));
        }
    }
    Err(format!("{command:?} does not say where it listens"))
}

fn load(
    url: &str,
    act: &str,
    watched: Option<(u32, u32)>,
    core: Option<u32>,
) -> Result<String, String> {
    let mut command = bound_to(core, &[servers::load()]);
    command.args(["load", url]).args(act.split(' ')).arg("--json");
    if let Some((id, seconds)) = watched {
        command.args(["--pid", &id.to_string()]);
        if !act.contains("--seconds") {
            command.args(["--seconds", &seconds.to_string()]);
        }
    }
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// A command that runs on one core.
fn bound_to(core: Option<u32>, command: &[impl AsRef<Path>]) -> Command {
    let mut words = command.iter().map(AsRef::as_ref);
    let first = words.next().unwrap_or(Path::new("false"));
    let mut bound = match core {
        None => Command::new(first),
        Some(core) => {
            let mut taskset = Command::new("taskset");
            taskset.args(["--cpu-list", &core.to_string()]).arg(first);
            taskset
        }
    };
    bound.args(words);
    bound
}
