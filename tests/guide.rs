//! The guide: its examples are what the parsers say, and its session is what the server does.
//!
//! ```text
//!   docs/guide/session.siolog      what `serve --deterministic 7` did when it was recorded
//!   docs/guide/ladders             drawings of it, one for each chapter
//!   docs/guide/en, zh              ```wire blocks: bytes, and below them what they mean
//! ```
//!
//! Both are compared with what comes out today. `SOCKRATES_WRITE=1 cargo test --test guide` writes
//! them anew.
#![cfg(feature = "cli")]

#[path = "guide/ladder.rs"]
mod ladder;
mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sockrates::explain::input::from_hex;
use sockrates::explain::picture::Picture;
use sockrates::explain::{Form, Input, Lang, explain};
use support::http::{get, post};
use support::{Http, PATIENCE, Ws};
use tokio::net::TcpStream;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guide");

/// The chapters, in their order.
const CHAPTERS: [&str; 10] = [
    "01-first-get",
    "02-packets",
    "03-the-numbers",
    "04-parked-get",
    "05-upgrade",
    "06-heartbeat",
    "07-namespaces",
    "08-acks",
    "09-binary",
    "10-close",
];

fn is_to_be_written() -> bool {
    std::env::var_os("SOCKRATES_WRITE").is_some()
}

/// Compares a file with what should be in it, or writes it.
#[track_caller]
fn check_file(path: &Path, expected: &str) {
    if is_to_be_written() {
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    let different = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    let path = path.display();
    assert!(
        found == expected,
        "{path} is out of date: SOCKRATES_WRITE=1 cargo test --test guide\n{different:#?}"
    );
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sockrates"))
            .args(["--port", "0", "--threads", "1", "--deterministic", "7"])
            .args(["--ping-interval", "1000", "--inspect"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit_once(':').unwrap().1.parse().unwrap();
        Self { child, port }
    }

    async fn connect(&self) -> Http {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        Http::new(Box::new(stream), PATIENCE)
    }

    async fn websocket(&self, target: &str) -> Ws {
        Ws::connect(self.connect().await.into_wire(), target, PATIENCE).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The session that the guide follows: Ada comes into the chat, where Ben is already, hears what he
/// says, looks around, and goes.
async fn play(server: &Server) {
    let mut ben = server.websocket("/socket.io/?EIO=4&transport=websocket").await;
    assert!(ben.text().await.starts_with('0'));
    ben.send("40").await;
    hears(&mut ben, "40{").await;
    ben.send(r#"42["join",{"name":"Ben","room":"tea"}]"#).await;
    hears(&mut ben, "42[\"groupList\"").await;

    let mut first = server.connect().await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let opened = first.get(target).await;
    let sid = support::polling::sid(opened.text());
    let target = format!("{target}&sid={sid}");
    first.post(&target, "40").await.check(200, "ok");
    assert!(first.get(&target).await.text().starts_with("40{\"sid\""));

    let mut parked = server.connect().await;
    parked.send(get(&target)).await;
    settle(server, 7).await;
    first.send(post(&target, r#"42["join",{"name":"Ada","room":"tea"}]"#)).await;
    first.response().await.check(200, "ok");
    assert!(parked.response().await.text().starts_with("42[\"groupList\""));

    parked.send(get(&target)).await;
    settle(server, 12).await;
    let upgrade = format!("/socket.io/?EIO=4&transport=websocket&sid={sid}");
    let mut websocket = server.websocket(&upgrade).await;
    websocket.send("2probe").await;
    websocket.expect("3probe").await;
    parked.response().await.check(200, "6");
    websocket.send("5").await;
    // Until it is here, what Ben says may still go out the other way.
    websocket.send(r#"42["message",{"text":"hi","room":"tea","user":"Ada"}]"#).await;
    hears(&mut ben, "42[\"message\"").await;
    hears(&mut ben, "42[\"groupList\"").await;
    hears(&mut ben, "42[\"message\"").await;
    ben.send(r#"42["message",{"text":"hello","room":"tea","user":"Ben"}]"#).await;
    hears(&mut websocket, "42[\"message\"").await;

    websocket.expect("2").await;
    websocket.send("3").await;
    websocket.send("40/nowhere,").await;
    websocket.expect(r#"44/nowhere,{"message":"Invalid namespace"}"#).await;
    websocket.send(r#"427["join",{"name":"Ada","room":"cake"}]"#).await;
    hears(&mut websocket, "42[\"groupList\"").await;
    hears(&mut websocket, "437[").await;
    websocket.send(r#"451-["up",{"_placeholder":true,"num":0}]"#).await;
    websocket.send_binary(&[0x89, 0x50, 0x4e, 0x47]).await;
    websocket.send("41").await;
    websocket.send("1").await;
    assert!(websocket.next().await.is_none());
}

async fn hears(websocket: &mut Ws, beginning: &str) {
    let heard = websocket.text().await;
    assert!(heard.starts_with(beginning), "{heard}");
}

/// Waits until the server has seen so many events, so that they have an order.
async fn settle(server: &Server, events: usize) {
    let seen = async {
        while recording(server).await.lines().count() < 1 + events {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("so many events");
}

async fn recording(server: &Server) -> String {
    let mut http = server.connect().await;
    http.send("GET /inspect/recording.siolog?session=s2 HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    http.response().await.text().to_owned()
}

/// What is not the same each time: the clock, and what a WebSocket begins with.
fn steadied((index, line): (usize, &str)) -> String {
    let mut event: Value = serde_json::from_str(line).unwrap();
    if index > 0 {
        event["n"] = json!(index);
        event["t"] = json!(index as f64 / 1_000.0);
    } else {
        event["started"] = json!("2026-01-01T00:00:00.000Z");
        event["by"] = json!("sockrates");
    }
    if let Some(head) = event.get("head").and_then(Value::as_str) {
        let lines = head.split_inclusive("\r\n").map(|line| match line.split_once(": ") {
            Some(("host", _)) => "host: localhost:3000\r\n".to_owned(),
            // Those of RFC 6455.
            Some(("sec-websocket-key", _)) => {
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n".to_owned()
            }
            Some(("sec-websocket-accept", _)) => {
                "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n".to_owned()
            }
            _ => line.to_owned(),
        });
        event["head"] = json!(lines.collect::<String>());
    }
    event.to_string()
}

#[tokio::test]
async fn the_session_is_what_the_server_does() {
    let server = Server::start();
    play(&server).await;
    let text = recording(&server).await;
    assert!(text.contains("session-close"), "{text}");
    let lines: String = text.lines().enumerate().map(|line| steadied(line) + "\n").collect();
    check_file(&Path::new(FOLDER).join("session.siolog"), &lines);
}

/// A block of a chapter, and what should be in it.
struct Block {
    info: String,
    input: String,
    lines: Vec<String>,
}

impl Block {
    fn explained(&self, lang: Lang) -> String {
        let mut input = Input::text(self.input.replace('␞', "\x1e"));
        let mut form = Form::Packet;
        for word in self.info.split(' ').skip(1) {
            match word.split_once('=') {
                Some(("attachment", hex)) => {
                    input.attachments.push(from_hex(hex).unwrap().into());
                }
                _ if word == "hex" => input = Input::bytes(from_hex(&self.input).unwrap()),
                _ if word == "wrong" => {}
                _ => form = word.parse().unwrap(),
            }
        }
        let found = explain(&input, form, lang);
        let is_wrong = self.info.contains(" wrong");
        assert_eq!(found.diagnostic.is_some(), is_wrong, "{}", self.input);
        let pieces = Picture::of_pieces(&found).to_string();
        let pieces = pieces.strip_prefix(&format!("{}\n", self.input)).unwrap_or(&pieces);
        let faults = Picture::of_faults(&found, lang).to_string();
        let shown = if is_wrong { faults } else { pieces.to_owned() };
        let lines = shown.trim_end().lines().map(|line| line.trim_end().to_owned() + "\n");
        format!("{}\n{}", self.input, lines.collect::<String>())
    }
}

/// The chapter with its blocks as they should be, and those blocks.
fn read(path: &Path, lang: Lang) -> (String, Vec<Block>) {
    let text = fs::read_to_string(path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    let (mut written, mut blocks, mut open) = (String::new(), Vec::new(), None::<Block>);
    for line in text.lines() {
        match &mut open {
            None => {
                written.push_str(line);
                written.push('\n');
                if let Some(info) = line.strip_prefix("```").filter(|it| it.starts_with("wire")) {
                    let info = info.to_owned();
                    open = Some(Block { info, input: String::new(), lines: Vec::new() });
                }
            }
            Some(_) if line == "```" => {
                let Some(mut block) = open.take() else { continue };
                block.input = block.lines.first().cloned().unwrap_or_default();
                written.push_str(&block.explained(lang));
                written.push_str("```\n");
                blocks.push(block);
            }
            Some(block) => block.lines.push(line.to_owned()),
        }
    }
    (written, blocks)
}

#[test]
fn every_example_is_what_the_parsers_say_in_both_languages() {
    let chapter = |lang: Lang, name: &str| -> (PathBuf, String, Vec<Block>) {
        let path = Path::new(FOLDER).join(lang.name()).join(format!("{name}.md"));
        let (written, blocks) = read(&path, lang);
        (path, written, blocks)
    };
    for name in CHAPTERS {
        let [english, chinese] = [Lang::En, Lang::Zh].map(|lang| chapter(lang, name));
        for (path, written, blocks) in [&english, &chinese] {
            assert!(!blocks.is_empty(), "{} has no example", path.display());
            check_file(path, written);
        }
        let inputs = |blocks: &[Block]| -> Vec<_> {
            blocks.iter().map(|it| (it.info.clone(), it.input.clone())).collect()
        };
        assert_eq!(inputs(&english.2), inputs(&chinese.2), "{name} differs between its languages");
    }
    for lang in Lang::ALL {
        let files = fs::read_dir(Path::new(FOLDER).join(lang.name())).unwrap().count();
        assert_eq!(files, CHAPTERS.len(), "{}", lang.name());
    }
}

/// Which events of the session each chapter is about.
const DRAWN: [(u64, u64); 10] =
    [(2, 3), (4, 5), (6, 9), (8, 12), (12, 20), (21, 22), (23, 24), (25, 27), (28, 29), (30, 31)];

#[test]
fn the_drawings_are_of_the_session() {
    let session = fs::read_to_string(Path::new(FOLDER).join("session.siolog")).unwrap();
    for (name, (from, to)) in CHAPTERS.into_iter().zip(DRAWN) {
        let drawn = ladder::draw(&session, name, from, to);
        check_file(&Path::new(FOLDER).join("ladders").join(format!("{name}.svg")), &drawn);
    }
}

/// Examples of what might be said, and was not in the session. Wrong ones are not named here.
const ASIDES: [&str; 6] = [
    r#"42["hi"]␞3"#,
    r#"451-/album,7["up",{"_placeholder":true,"num":0}]"#,
    r#"42["message",{"text":"hello","user":"Ben"}]␞42["message",{"text":"tea?","user":"Ben"}]"#,
    r#"40/album,{"token":"abc"}"#,
    r#"451-["up",{"_placeholder":true,"num":0}]␞biVBORw=="#,
    r#"461-7[{"_placeholder":true,"num":0}]"#,
];

/// All else that a chapter shows is in the recording, names that were drawn included.
#[test]
fn the_chapters_follow_the_session() {
    let session = fs::read_to_string(Path::new(FOLDER).join("session.siolog")).unwrap();
    let events: Vec<Value> =
        session.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let has = |field: &str, is_it: &dyn Fn(&str) -> bool| {
        events.iter().filter_map(|event| event.get(field)?.as_str()).any(is_it)
    };
    let mut asides = Vec::new();
    for (lang, name) in Lang::ALL.into_iter().flat_map(|it| CHAPTERS.map(|name| (it, name))) {
        let path = Path::new(FOLDER).join(lang.name()).join(format!("{name}.md"));
        let (text, blocks) = read(&path, lang);
        for Block { info, input, .. } in blocks {
            if ASIDES.contains(&input.as_str()) {
                asides.push(input);
            } else if !info.contains(" wrong") {
                assert!(has("text", &|said| said == input), "{name}: nobody said {input}");
            }
        }
        for request in text.lines().filter(|line| line.starts_with("GET /")) {
            let beginning = format!("{request} HTTP/1.1\r\n");
            assert!(has("head", &|it| it.starts_with(&beginning)), "{name}: nobody sent {request}");
        }
    }
    for aside in ASIDES {
        let shown = asides.iter().filter(|it| *it == aside).count();
        assert_eq!(shown, Lang::ALL.len(), "{aside}");
        assert!(!has("text", &|said| said == aside), "{aside} was said, and is no aside");
    }
}
