//! Plays the transcripts in `tests/transcripts/socketio`: against the core, and against the live
//! server in memory. `tests/interop/socketio_transcripts.test.mjs` plays them on the reference.
//!
//! They are read as those of Engine.IO (`tests/transcripts.rs`), but there are several clients,
//! with the letters `a`, `b`, `c`, and an application that does more than to send. The handshake
//! of Engine.IO is left out, and so are the heartbeats, which come every five minutes.
//!
//! ```text
//!   O: recovery              a setting of the server: "recovery", "cleanup", "MessagePack"
//!   C a: WS                  client a opens a session on a WebSocket; "WS revision 3": it is of 2.x
//!   C a: polling             … or on polling, with GET and POST from then on
//!   C a: 42["hello",1]       it sends a frame, with the type of the Engine.IO packet in front;
//!                            <01 02> is a frame of bytes, <82 a4 "type" 02> has text among them
//!   C a: POST 40␞42["x"]     it posts packets; C a: GET: it polls
//!   C a: WS closes           it closes its WebSocket; "WS breaks", "GET breaks": it is cut off
//!   S a: 40{"sid":"<sid a>"}     the server sends a frame; the name stands for what is there
//!   S a: GET 42["x"]         … or answers the poll; S a: POST ok: … or the post
//!   S a: WS closed           the server closes the WebSocket
//!   -- 45s                   time passes
//! ```
//!
//! What the application does: who (`a` is a socket in the main namespace, `a/admin` one in another;
//! `io`, `/admin` and `parent` are namespaces), how and to whom, and what.
//!
//! ```text
//!   A> io of "/admin"        there is such a namespace; "of pattern", "of asking": a parent
//!   A> io use                middleware that lets clients wait, until:
//!   A> a next                … this one is let in; a refuse "no" {"x":1}: or is not
//!   A> io connection emit "hi"   what the connection handler does with every socket
//!   A> io connection wait    … or it waits, until: A> a go
//!   A> a on "hello"          a listener; "once", "on any", "on outgoing", "on error"
//!   A> a off "hello"         … is removed
//!   A> a use                 event middleware that lets events wait for next or refuse
//!   A> a emit "x" 1 <01 02>  a to "r1" "r2" except "r3" emit "x", a broadcast emit "x",
//!                            io emit "x", a local, volatile, uncompressed emit "x"
//!   A> a answer 1 2          answers the latest question
//!   A> a timeout 5s ask "x"  emits an event that wants an answer
//!   A> a join "r1"           a leave "r1"; io to "r1" join "r2"
//!   A> a disconnect          a disconnect close; io disconnect; io close
//!   A> a disconnecting rooms     … when that happens; a disconnected emit "x"
//!   A> a keep "name" "Ada"   with the socket; a kept
//!   A> a rooms, a state, io rooms "r1", io namespaces, io fetch     has things told
//! ```
//!
//! What it is told:
//!
//! ```text
//!   A: a wants in            middleware is asked
//!   A: a connected           the connection handler is called; "connected again": recovered
//!   A: a event "hello" 1     a listener is called; "question", if an answer is wanted; "any";
//!                            "outgoing"; "asked about": event middleware
//!   A: a answered 1          its answer; "answered nothing in time"; "gone without an answer"
//!   A: io answered by all 1  the answers of many; "by some"
//!   A: a disconnecting "transport close" in "<sid a>" "r1"
//!   A: a disconnected "transport close"
//! ```

#[path = "socketio_transcripts/alone.rs"]
mod alone;
#[path = "socketio_transcripts/application.rs"]
mod application;
#[path = "socketio_transcripts/client.rs"]
mod client;
#[path = "socketio_transcripts/manner.rs"]
mod manner;
#[path = "socketio_transcripts/names.rs"]
mod names;
mod support;
#[path = "socketio_transcripts/words.rs"]
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use alone::Core;
use application::Application;
use client::Client;
use names::{Frame, Names};
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::parser::Parser;
use sockrates::socketio::{Options, recovery};
use support::Live;
use support::transcript::{self, Line};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The longest wait of a client. Nothing takes time in memory, unless it is said that time passes.
const PATIENCE: Duration = Duration::from_millis(5);

/// All transcripts, as their lines.
fn transcripts() -> Vec<Vec<Line>> {
    transcript::paths("socketio").iter().map(|path| transcript::lines(path)).collect()
}

/// The settings, and what happens.
fn opening(lines: &[Line]) -> (Options, &[Line]) {
    let mut options = Options::default();
    let ping_interval = Duration::from_secs(300);
    options.engine =
        EngineOptions { allow_eio3: true, ping_interval, hints: false, ..options.engine };
    let settings = lines.iter().take_while(|line| line.who == "O:").count();
    let (settings, lines) = lines.split_at(settings);
    for setting in settings {
        match &*setting.what {
            "recovery" => options.recovery = Some(recovery::Options::default()),
            "cleanup" => options.cleanup_empty_child_namespaces = true,
            "MessagePack" => options.parser = Parser::MessagePack,
            _ => panic!("{}", setting.place),
        }
    }
    (options, lines)
}

/// Some clients, and the application that they speak to.
struct Played {
    live: Live,
    application: Application,
    notes: UnboundedReceiver<String>,
    clients: BTreeMap<String, Client>,
    names: Names,
}

impl Played {
    fn new(options: Options) -> Self {
        let (noted, notes) = unbounded_channel();
        let application = Application::new(options, noted);
        let mut live = Live::io_in_memory(&application.io);
        live.patience = PATIENCE;
        Self { live, application, notes, clients: BTreeMap::new(), names: Names::default() }
    }

    async fn play(&mut self, line: &Line) {
        let Line { place, who, what } = line;
        let client = who.strip_suffix(':').and_then(|who| who.split_once(' '));
        match (client, &**who) {
            (Some(("C", name)), _) => {
                let client =
                    self.clients.entry(name.to_owned()).or_insert_with(|| Client::new(name));
                client.act(&self.live, what, &self.names).await;
                settled().await;
            }
            (Some(("S", name)), _) => {
                let client = self.clients.get_mut(name).expect("a client");
                let found = client.next(what).await;
                assert!(self.names.fit_frame(what, &found), "{place}: {found:?}");
            }
            (_, "A>") => {
                self.application.order(&self.names.filled(what));
                settled().await;
            }
            (_, "--") => tokio::time::sleep(transcript::time(what)).await,
            (_, "A:") => {
                // What is to come has come: the server has done all it can do now.
                let note = self.notes.try_recv().unwrap_or_else(|_| panic!("{place}: no note"));
                assert!(self.names.fit(&format!("A: {what}"), &note), "{place}: {note}");
            }
            _ => panic!("{place}"),
        }
    }

    /// Nothing may be left that the transcript does not say.
    async fn end(&mut self, place: &str) {
        settled().await;
        let more = self.notes.try_recv();
        assert!(more.is_err(), "{place}: more than written: {more:?}");
        for (name, client) in &mut self.clients {
            let more = client.rest().await;
            assert_eq!(more, None::<Frame>, "{place}: more than written for {name}");
        }
    }
}

/// Waits until the server has done all it can do now: the clock moves only then.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Plays a transcript to its end.
async fn play(lines: Vec<Line>) {
    let (options, rest) = opening(&lines);
    let mut played = Played::new(options);
    for line in rest {
        played.play(line).await;
    }
    played.end(&lines[0].place).await;
}

#[tokio::test(start_paused = true)]
async fn the_live_server_keeps_to_the_transcripts() {
    let mut failed = Vec::new();
    for lines in transcripts() {
        let place = lines[0].place.clone();
        // Each as a task of its own, so that all are played whatever happens in one of them.
        if tokio::spawn(play(lines)).await.is_err() {
            failed.push(place);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn the_core_keeps_to_the_transcripts() {
    let mut failed = Vec::new();
    let mut played = 0;
    for lines in transcripts().into_iter().filter(|lines| alone::can_play(lines)) {
        let (options, rest) = opening(&lines);
        played += 1;
        if catch_unwind(AssertUnwindSafe(|| Core::new(options).play(rest))).is_err() {
            failed.push(lines[0].place.clone());
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(played >= 100, "{played} transcripts");
}

/// The page beside the transcripts says what they show.
#[test]
fn every_row_of_the_page_has_a_transcript_and_every_transcript_a_row() {
    let rows = page_rows(include_str!("transcripts/socketio/rows.md"));
    assert!(rows.len() >= 90, "{} rows", rows.len());
    let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let files: BTreeSet<_> = transcript::paths("socketio").iter().map(name).collect();
    let mut named = BTreeSet::new();
    for (what, transcripts) in rows {
        assert!(!transcripts.is_empty(), "{what}: no transcript");
        let missing: Vec<_> = transcripts.difference(&files).collect();
        assert!(missing.is_empty(), "{what}: there is no {missing:?}");
        named.extend(transcripts);
    }
    assert_eq!(files, named, "transcripts, and those that are named");
}

/// The rows of the page: what, and the names of the transcripts.
fn page_rows(page: &str) -> Vec<(String, BTreeSet<String>)> {
    let cells = |line: &str| -> Option<(String, BTreeSet<String>)> {
        let (what, transcripts) =
            line.strip_prefix("| ")?.strip_suffix(" |")?.rsplit_once(" | ")?;
        let names = transcripts.split(", ").filter(|it| !it.is_empty()).map(str::to_owned);
        Some((what.to_owned(), names.collect()))
    };
    page.lines().filter_map(cells).filter(|(what, _)| what != "What").collect()
}

#[test]
fn each_difference_from_the_reference_is_a_listed_departure() {
    let found = transcript::differences_that_are_listed(&transcript::paths("socketio"));
    assert!(found >= 25, "{found} differences");
}
