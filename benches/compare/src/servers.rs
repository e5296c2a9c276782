//! Who is measured: ourselves, the floors under everybody, and the peers.
//!
//! ```text
//!   floor     the least that somebody can pay: no sessions, no heartbeat, no limits
//!   ours      examples/bench_server.rs
//!   peer      another server that keeps the same contract, in as few lines as it takes
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scenarios::{Question, Scenario};

/// One server that can be started.
#[derive(Debug)]
pub struct Server {
    /// As it is called on the command line.
    pub name: &'static str,
    /// As it is called in tables.
    pub title: &'static str,
    /// What it is made of and how it is started.
    made: Made,
    /// What a floor can not do is not asked of it.
    pub can: &'static [&'static str],
}

#[derive(Debug)]
enum Made {
    Ours,
    /// A program of this package, with these arguments.
    Here(&'static str, &'static [&'static str]),
    /// A file in `node`, run by one of its programs.
    Node {
        program: &'static str,
        args: &'static [&'static str],
    },
    Python,
}

/// The profile of those who serve. This package has the same settings for `release`.
const OURS: &str = "dist";

/// Everything that the contract has.
const ALL: &[&str] = &["*"];

pub const SERVERS: &[Server] = &[
    Server { name: "sockrates", title: "Sockrates", made: Made::Ours, can: ALL },
    Server {
        name: "floor",
        title: "floor: tokio",
        made: Made::Here("floor_raw", &[]),
        can: &["echo", "ack", "bin", "bcast", "idle-ws"],
    },
    Server {
        name: "floor-coalescing",
        title: "floor: tokio, coalescing",
        made: Made::Here("floor_raw", &["--coalesce"]),
        can: &["bcast"],
    },
    Server {
        name: "floor-tungstenite",
        title: "floor: tungstenite",
        made: Made::Here("floor_tungstenite", &[]),
        can: &["echo", "ack", "bin", "idle-ws"],
    },
    Server {
        name: "floor-hyper",
        title: "floor: hyper",
        made: Made::Here("floor_hyper", &[]),
        can: &["poll", "idle-polls"],
    },
    Server { name: "oxide", title: "socketioxide", made: Made::Here("oxide", &[]), can: ALL },
    Server {
        name: "oxide-mimalloc",
        title: "socketioxide, mimalloc",
        made: Made::Here("oxide_mimalloc", &[]),
        can: ALL,
    },
    Server {
        name: "node",
        title: "Node, ws",
        made: Made::Node { program: "node", args: &["ws.mjs"] },
        can: ALL,
    },
    Server {
        name: "node-uws",
        title: "Node, µWebSockets",
        made: Made::Node { program: "node", args: &["uws.mjs"] },
        can: ALL,
    },
    Server {
        name: "bun",
        title: "Bun",
        made: Made::Node { program: "bun", args: &["bun.mjs"] },
        can: ALL,
    },
    Server { name: "python", title: "python-socketio", made: Made::Python, can: ALL },
];

/// This package's folder, in which the servers are.
pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Server {
    pub fn can(&self, scenario: &Scenario) -> bool {
        // A second thread is of no use to a program that has one.
        let scales = matches!(self.made, Made::Ours | Made::Here("oxide" | "oxide_mimalloc", _));
        match scenario.question {
            Question::Cores => scales,
            _ => self.can == ALL || self.can.iter().any(|it| scenario.name.starts_with(it)),
        }
    }

    /// Installs or builds what it needs, which takes a while the first time.
    ///
    /// # Errors
    /// When that does not work: what the tool says, it has said itself.
    pub fn prepare(&self) -> Result<(), String> {
        match self.made {
            Made::Ours => {
                let root = root();
                cargo(&root, OURS, &["--bin", "sockrates", "--example", "bench_server"])
            }
            Made::Here(program, _) => cargo(here(), "release", &["--bin", program]),
            Made::Node { .. } => {
                if here().join("node/node_modules").is_dir() {
                    return Ok(());
                }
                run(Command::new("npm").args(["ci", "--prefix"]).arg(here().join("node")))
            }
            Made::Python => {
                let venv = here().join("python/.venv");
                if venv.is_dir() {
                    return Ok(());
                }
                run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
                run(Command::new(venv.join("bin/pip"))
                    .args(["install", "--quiet", "--requirement"])
                    .arg(here().join("python/requirements.txt")))
            }
        }
    }

    /// The command that starts it.
    pub fn command(&self) -> Vec<String> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        match self.made {
            Made::Ours => vec![text(built(&root(), OURS, "examples/bench_server"))],
            Made::Here(program, args) => {
                let program = text(built(here(), "release", program));
                [program].into_iter().chain(args.iter().map(|it| (*it).to_owned())).collect()
            }
            Made::Node { program, args: [file, rest @ ..] } => {
                let program = match program {
                    "node" => "node".to_owned(),
                    // The package is this program, for which it has one name on all systems.
                    other => text(here().join(format!("node/node_modules/{other}/bin/bun.exe"))),
                };
                let file = text(here().join("node").join(file));
                let rest = rest.iter().map(|it| (*it).to_owned());
                [program, file].into_iter().chain(rest).collect()
            }
            Made::Node { args: [], .. } => Vec::new(),
            Made::Python => {
                let python = text(here().join("python/.venv/bin/python"));
                vec![python, text(here().join("python/server.py"))]
            }
        }
    }
}

/// The generator of load, which is a part of our program.
pub fn load() -> PathBuf {
    built(&root(), OURS, "sockrates")
}

/// Which version of each peer is measured, from the files that say which are installed.
pub fn versions() -> Vec<String> {
    let read = |file: &str| std::fs::read_to_string(here().join(file)).unwrap_or_default();
    let crates = read("Cargo.lock");
    let mut versions: Vec<_> = ["socketioxide", "axum", "hyper", "tokio", "tokio-tungstenite"]
        .iter()
        .filter_map(|name| {
            let (_, rest) = crates.split_once(&format!("name = \"{name}\"\nversion = \""))?;
            Some(format!("{name} {}", rest.split_once('"')?.0))
        })
        .collect();
    let packages: serde_json::Value =
        serde_json::from_str(&read("node/package-lock.json")).unwrap_or_default();
    for name in ["socket.io", "engine.io/node_modules/ws", "@trufflesuite/uws-js-unofficial", "bun"]
    {
        let version = &packages["packages"][format!("node_modules/{name}")]["version"];
        let name = name.trim_start_matches("engine.io/node_modules/");
        versions.extend(version.as_str().map(|version| format!("{name} {version}")));
    }
    let python = read("python/requirements.txt");
    let wanted = ["python-socketio", "uvicorn"];
    versions.extend(python.lines().filter_map(|line| {
        let (name, version) = line.split_once("==")?;
        wanted.contains(&name).then(|| format!("{name} {version}"))
    }));
    vec![versions.join(", ")]
}

fn root() -> PathBuf {
    here().join("../..")
}

/// Where cargo puts what it has built. Both packages may share a folder, if there is one in the
/// environment.
fn built(package: &Path, profile: &str, program: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| package.join("target")).join(profile).join(program)
}

fn cargo(package: &Path, profile: &str, what: &[&str]) -> Result<(), String> {
    let manifest = package.join("Cargo.toml");
    run(Command::new("cargo")
        .args(["build", "--quiet", "--profile", profile, "--locked", "--manifest-path"])
        .arg(manifest)
        .args(what))
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
