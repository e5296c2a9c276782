//! `sockrates load`, against a server that keeps its contract and against one that does not.
#![cfg(feature = "cli")]

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use sockrates::socketio::{Ack, Args, Io, Options, Socket};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server on a thread of its own, which ends with what is returned.
fn serve(echo: impl Fn(Socket, Args) + Copy + Send + Sync + 'static) -> (SocketAddr, DropGuard) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let io = Io::new(Options::default());
            io.of("/").on_connect(move |socket: Socket| keep_the_contract(&socket, echo));
            let listener = TcpListener::from_std(listener).unwrap();
            io.serve(listener, stopped.cancelled(), Duration::from_secs(1)).await;
        });
    });
    (address, stop.drop_guard())
}

fn keep_the_contract(socket: &Socket, echo: impl Fn(Socket, Args) + Copy + Send + Sync + 'static) {
    socket.on("echo", move |socket: Socket, args: Args| echo(socket, args));
    socket.on("bin", |socket: Socket, args: Args| socket.emit("bin", args));
    socket.on("ack-me", |args: Args, ack: Ack| ack.send(args));
    socket.on("join", |socket: Socket, room: String, ack: Ack| {
        socket.join(&room);
        ack.send(())
    });
    socket.on("leave", |socket: Socket, room: String, ack: Ack| {
        socket.leave(&room);
        ack.send(())
    });
    socket.on("bcast", |socket: Socket, (room, data): (String, Box<RawValue>)| {
        socket.namespace().to(&room).emit("bcast", data).map(|_| ())
    });
}

fn load(url: &str, args: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockrates"));
    command.args(["load", url]).args(args.split(' ')).arg("--json").output().unwrap()
}

#[test]
fn every_act_is_played_and_counted() {
    let (address, _serving) = serve(|socket, args| socket.emit("echo", args).unwrap());
    let url = format!("http://{address}");
    let brief = "--clients 4 --seconds 1 --warm-up 0";
    let acts = [
        "echo",
        "echo --in-flight 3",
        "echo --rate 100",
        "echo --transport polling --in-flight 2",
        "ack --in-flight 3",
        "binary --size 70000",
        "broadcast --rooms 2 --in-flight 3",
        "broadcast --rate 50",
        "churn",
        "churn --transport polling",
        "churn --transport upgrade",
    ];
    thread::scope(|scope| {
        let url = &url;
        let runs = acts.map(|act| (act, scope.spawn(move || load(url, &format!("{act} {brief}")))));
        for (act, run) in runs {
            let Output { stdout, stderr, .. } = run.join().unwrap();
            let figures: Value = serde_json::from_slice(&stdout)
                .unwrap_or_else(|_| panic!("{act}: {}", String::from_utf8_lossy(&stderr)));
            assert!(figures["messages"].as_u64() > Some(0), "{act}: {figures}");
            assert!(figures["p99"].is_number(), "{act}: {figures}");
        }
    });
}

#[test]
fn a_server_that_keeps_the_contract_is_told_so() {
    let (address, _serving) = serve(|socket, args| socket.emit("echo", args).unwrap());
    for transport in ["websocket", "polling", "upgrade"] {
        let run = load(&format!("http://{address}"), &format!("contract --transport {transport}"));
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn clients_that_only_stay_are_weighed() {
    let (address, _serving) = serve(|socket, args| socket.emit("echo", args).unwrap());
    for transport in ["websocket", "polling"] {
        let id = std::process::id();
        let args = format!("idle --transport {transport} --clients 9 --seconds 1 --pid {id}");
        let run = load(&format!("http://{address}"), &args);
        let figures: Value = serde_json::from_slice(&run.stdout).unwrap();
        let moments = figures["resident"].as_array().unwrap().iter().map(|it| it[0].as_str());
        let moments: Vec<_> = moments.map(Option::unwrap).collect();
        assert_eq!(moments, ["empty", "all have joined", "later", "all gone"]);
    }
}

#[test]
fn a_wrong_answer_ends_the_run_and_is_shown() {
    let (address, _serving) = serve(|socket, _| socket.emit("echo", "something else").unwrap());
    for act in ["echo --seconds 30", "contract", "echo --transport polling --seconds 30"] {
        let run = load(&format!("http://{address}"), act);
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success() && told.contains("something else"), "{act}: {told}");
    }
}

#[test]
fn another_machine_is_not_loaded() {
    let run = load("http://192.0.2.1", "echo");
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && told.contains("--i-own-this-host"), "{told}");
}
