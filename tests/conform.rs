//! `sockrates conform` and `sockrates learn`: against servers that do everything, little, and
//! nothing at all.
#![cfg(feature = "cli")]

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use serde_json::value::RawValue;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Ack, Args, Io, Options, Socket};
use tokio::runtime::Builder;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server on a thread of its own, which ends with what is returned. Its intervals are short
/// enough to be waited for, and long enough for a busy machine.
fn serve(options: Options, application: fn(&Io)) -> (String, DropGuard) {
    let stop = CancellationToken::new();
    (serve_until(&stop, options, application), stop.drop_guard())
}

fn serve_until(
    stop: &CancellationToken,
    options: Options,
    application: impl FnOnce(&Io) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let stopped = stop.clone();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let io = Io::new(options);
            application(&io);
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            io.serve(listener, stopped.cancelled(), Duration::from_secs(1)).await;
        });
    });
    format!("http://{address}")
}

fn brisk() -> Options {
    let engine = EngineOptions {
        ping_interval: Duration::from_millis(800),
        ping_timeout: Duration::from_millis(800),
        path: "/socket.io/".to_owned(),
        ..EngineOptions::default()
    };
    Options { engine, connect_timeout: Duration::from_secs(1), ..Options::default() }
}

/// The handlers that some checks need.
fn cooperate(io: &Io) {
    fn say_auth(socket: &Socket) {
        let auth = RawValue::from_string(socket.auth().to_owned()).unwrap();
        socket.emit("auth", auth).unwrap();
    }
    io.of("/").on_connect(|socket: Socket| {
        socket.on("message", |socket: Socket, args: Args| socket.emit("message-back", args));
        socket.on("message-with-ack", |args: Args, ack: Ack| ack.send(args));
        say_auth(&socket);
    });
    io.of("/custom").on_connect(|socket: Socket| say_auth(&socket));
}

fn sockrates(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockrates"));
    command.env("LC_ALL", "C").env_remove("NO_COLOR").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The outcome of `conform`, and the checks by name.
fn conform(url: &str, more: &[&str]) -> (Output, Value, HashMap<String, Value>) {
    let run = sockrates(&[&["conform", url, "--json"], more].concat());
    let json: Value = serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&run.stderr)));
    let checks = json["checks"].as_array().unwrap().iter();
    let checks = checks.map(|it| (it["id"].as_str().unwrap().to_owned(), it.clone())).collect();
    (run, json, checks)
}

fn with(checks: &HashMap<String, Value>, result: &str) -> Vec<String> {
    let fits = checks.values().filter(|check| check["result"] == result);
    fits.map(|it| format!("{} {} {}", it["id"], it["expected"], it["received"])).collect()
}

#[test]
fn our_server_with_the_handlers_of_the_suite_passes_everything() {
    let (url, _serving) = serve(brisk(), cooperate);
    let (run, json, checks) = conform(&url, &[]);
    assert_eq!(with(&checks, "failed"), Vec::<String>::new());
    assert_eq!(with(&checks, "skipped"), Vec::<String>::new());
    assert!(run.status.success());
    assert!(json["passed"].as_u64() > Some(150), "{}", json["passed"]);
    assert_eq!(json["server"]["suite"], true);
}

#[test]
fn a_plain_server_passes_all_that_it_can_be_asked() {
    let (url, _serving) = serve(Options::default(), |_| {});
    let (run, json, checks) = conform(&url, &[]);
    assert_eq!(with(&checks, "failed"), Vec::<String>::new());
    assert!(run.status.success());
    assert_eq!(json["server"]["suite"], false);
    let why = |id: &str| checks[id]["why"].as_str().unwrap().to_owned();
    assert!(why("events/echo").contains("a plain server"), "{}", why("events/echo"));
    assert!(why("heartbeat/ping").contains("25 s"), "{}", why("heartbeat/ping"));
    assert_eq!(checks["events/empty-array"]["result"], "passed");
}

/// What is done to somebody who connects.
type Act = fn(TcpStream);

/// A server that does the same to everybody.
fn crude(act: Act) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || act(stream));
        }
    });
    address
}

/// Reads what there is, until the other end has gone.
fn listen(stream: &mut TcpStream) {
    let mut some = [0; 4096];
    while matches!(stream.read(&mut some), Ok(1..)) {}
}

fn drip(mut stream: TcpStream) {
    let endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n0{"
        .iter()
        .chain(std::iter::repeat_n(&b'x', 100_000));
    for byte in endless {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_is_none_is_found_out_in_time() {
    let servers: [(&str, Act); 5] = [
        ("says nothing", |mut stream| listen(&mut stream)),
        ("closes at once", drop),
        ("says garbage", |mut stream| {
            let _ = stream.write_all(&[0xFF; 3000]);
            listen(&mut stream);
        }),
        ("drips", drip),
        ("says 200 to everything", |mut stream| {
            let mut some = [0; 4096];
            while matches!(stream.read(&mut some), Ok(1..)) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        }),
    ];
    thread::scope(|scope| {
        for (name, act) in servers {
            scope.spawn(move || {
                let (address, since) = (crude(act), Instant::now());
                let (run, _, checks) = conform(&format!("http://{address}"), &[]);
                assert!(!run.status.success(), "{name}");
                assert_eq!(checks["handshake/open-packet"]["result"], "failed", "{name}");
                assert_eq!(checks["events/echo"]["why"], "no session can be opened", "{name}");
                assert!(since.elapsed() < Duration::from_secs(90), "{name}");
            });
        }
    });
}

#[test]
fn a_server_that_is_not_there_is_an_outcome_too() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (run, _, checks) = conform(&format!("http://{address}"), &["--only", "*open-packet"]);
    assert_eq!(run.status.code(), Some(1));
    let check = &checks["handshake/open-packet"];
    assert_eq!(check["expected"], "a server that is there", "{check}");
}

#[test]
fn a_failure_shows_what_was_said() {
    let address = crude(|mut stream| {
        let mut some = [0; 4096];
        let _ = stream.read(&mut some);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n6:0{}");
    });
    let url = format!("http://{address}");
    let run = sockrates(&["conform", &url, "--only", "handshake/open-packet"]);
    let told = text(&run.stdout);
    let lines = ["EIO4-HANDSHAKE-2", "client   GET /socket.io/?EIO=4&transport=polling", "6:0{}"];
    assert!(lines.iter().all(|line| told.contains(line)), "{told}");
    assert!(!told.contains('\u{1B}'), "no colours where nobody sees them");
    let run = sockrates(&["conform", &url, "--lang", "zh", "--only", "handshake/open-packet"]);
    assert!(text(&run.stdout).contains("期望"), "{}", text(&run.stdout));
}

#[test]
fn checks_are_listed_chosen_and_written_down_for_others() {
    let all = text(&sockrates(&["conform", "--list"]).stdout);
    assert!(all.lines().count() >= 150 && all.contains("handshake/open-packet"), "{all}");
    let some = text(&sockrates(&["conform", "--list", "--only", "up*/pro*"]).stdout);
    assert_eq!(some.lines().count(), 1, "{some}");
    assert!(some.starts_with("upgrade/probe "), "{some}");
    let none = sockrates(&["conform", "--list", "--only", "nothing"]);
    assert_eq!((none.status.code(), none.stdout.len()), (Some(2), 0));

    let (url, _serving) = serve(Options::default(), |_| {});
    let file = std::env::temp_dir().join(format!("sockrates-conform-{}.xml", std::process::id()));
    let name = file.to_str().unwrap();
    let run = sockrates(&["conform", &url, "--only", "connect/*", "--junit", name]);
    assert!(run.status.success(), "{}", text(&run.stdout));
    let xml = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(xml.contains("<testcase name=\"connect/main\" classname=\"conform\" time="), "{xml}");
    assert!(xml.contains("failures=\"0\""), "{xml}");
}

#[test]
fn a_machine_that_may_be_somebody_elses_is_left_alone() {
    for command in ["conform", "learn"] {
        let run = sockrates(&[command, "http://192.0.2.7:1"]);
        assert_eq!(run.status.code(), Some(2));
        assert!(text(&run.stderr).contains("--i-own-this-host"), "{}", text(&run.stderr));
    }
}

#[test]
fn whoever_builds_a_server_is_led_from_stage_to_stage() {
    let (url, _serving) = serve(brisk(), cooperate);
    let run = sockrates(&["learn", &url]);
    let told = text(&run.stdout);
    assert!(run.status.success() && told.matches(" ✓ ").count() == 12, "{told}");

    // The events are there, but nobody who would answer them as the checks expect.
    let (url, _serving) = serve(Options::default(), |_| {});
    let run = sockrates(&["learn", &url]);
    let told = text(&run.stdout);
    assert_eq!((run.status.code(), told.matches(" ✓ ").count()), (Some(1), 8), "{told}");
    assert!(told.contains("message-back") && told.contains("Build next"), "{told}");

    let nothing = crude(drop);
    let run = sockrates(&["learn", &format!("http://{nothing}"), "--lang", "zh"]);
    let told = text(&run.stdout);
    assert!(told.contains("▶  1  握手") && told.contains("下一步"), "{told}");
    assert!(told.contains("0{\"sid\":"), "the wire is shown: {told}");
}

/// The first message finds out whether it cooperates. It does not survive the second.
#[test]
fn a_server_that_dies_on_the_way_is_an_outcome() {
    let (stop, heard) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let dies = stop.clone();
    let url = serve_until(&stop, Options::default(), move |io| {
        io.of("/").on_connect(move |socket: Socket| {
            let (heard, dies) = (heard.clone(), dies.clone());
            socket.on("message", move || {
                if heard.fetch_add(1, Ordering::Relaxed) == 1 {
                    dies.cancel();
                }
            });
            socket.emit("auth", ()).unwrap();
        });
    });
    let (run, _, checks) = conform(&url, &["--suite", "--only", "events/*", "--only", "hostile/*"]);
    assert_eq!(run.status.code(), Some(1));
    let gone = "the server is gone, and did not come back";
    assert_eq!(checks["hostile/deep-event"]["why"], gone, "{}", checks["hostile/deep-event"]);
}
