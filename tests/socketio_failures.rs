//! Failures of single events: who is told of them, and what.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use sockrates::socketio::{Ack, Args, Incoming, Options, Socket, State};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::socketio::{Live, Noted, notes};

fn fail(why: &str) {
    panic!("{why}");
}

/// Handlers that fail in all ways there are.
fn register(s: &Socket) {
    s.on("arguments", |_: (u8, String)| {});
    s.on("later arguments", async |_: bool| {});
    s.on("handler", || Err::<(), _>("a secret"));
    s.on("later handler", async || {
        tokio::task::yield_now().await;
        Err::<(), _>("a secret")
    });
    s.on("panic", || fail("a secret"));
    s.on("later panic", async || {
        tokio::task::yield_now().await;
        fail("a secret");
    });
    s.on("refused", |s: Socket| s.emit("heard", ()));
    s.on("state", |_: State<Live>| {});
    s.middleware(|incoming: Incoming| match &*incoming.name {
        "refused" => Err("not today"),
        _ => Ok(()),
    });
}

/// A server whose handlers fail, and what its sockets and its namespace are told of that.
async fn failing(options: Options) -> (Live, Noted) {
    let live = Live::start(options).await;
    let (notes, noted) = notes();
    let namespace = notes.clone();
    live.io.on_error(move |socket, failure| {
        let here = socket.namespace().name();
        namespace.note(format!("{here}: {:?}: {}", failure.kind, failure.message));
    });
    live.io.of("/").on_connect(move |s: Socket| {
        let notes = notes.clone();
        s.on_error(move |failure| notes.note(failure));
        register(&s);
    });
    (live, noted)
}

/// What an event of this name that wants an answer is answered, and what error handlers hear.
#[track_caller]
fn check(
    live: &Live,
    noted: &mut Noted,
    cases: &[(&str, &str, &str, &str)],
) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let mut ada = live.join("/").await;
        for (event, answer, told, kind) in cases {
            ada.send(&format!("421{event}")).await;
            let got = ada.text().await;
            assert_eq!(got, format!(r#"431[{{"error":"{answer}"}}]"#), "{event}, at {caller}");
            assert_eq!(noted.next().await, *told, "{event}, at {caller}");
            assert_eq!(noted.next().await, format!("/: {kind}"), "{event}, at {caller}");
        }
        ada.expect_nothing().await;
        noted.expect_nothing();
    }
}

/// Trap 28.
#[tokio::test]
async fn a_failure_is_told_to_client_socket_and_namespace() {
    let (live, mut noted) = failing(Options::default()).await;
    let private = "the event could not be handled";
    check(
        &live,
        &mut noted,
        &[
            (
                r#"["arguments","x"]"#,
                r#"argument 1: invalid type: string \"x\", expected u8"#,
                "event \"arguments\" with other arguments: \
                 argument 1: invalid type: string \"x\", expected u8",
                "Arguments: argument 1: invalid type: string \"x\", expected u8",
            ),
            (
                r#"["arguments",1]"#,
                "argument 2 is missing, expected a string",
                "event \"arguments\" with other arguments: argument 2 is missing, expected a string",
                "Arguments: argument 2 is missing, expected a string",
            ),
            (
                r#"["later arguments",[]]"#,
                "argument 1: invalid type: sequence, expected a boolean",
                "event \"later arguments\" with other arguments: \
                 argument 1: invalid type: sequence, expected a boolean",
                "Arguments: argument 1: invalid type: sequence, expected a boolean",
            ),
            (
                r#"["refused"]"#,
                "not today",
                r#"event "refused" was refused: not today"#,
                "Refused: not today",
            ),
            (r#"["handler"]"#, private, r#"event "handler" failed: a secret"#, "Handler: a secret"),
            (
                r#"["later handler"]"#,
                private,
                r#"event "later handler" failed: a secret"#,
                "Handler: a secret",
            ),
            (r#"["panic"]"#, private, r#"event "panic" panicked: a secret"#, "Panic: a secret"),
            (
                r#"["later panic"]"#,
                private,
                r#"event "later panic" panicked: a secret"#,
                "Panic: a secret",
            ),
            (
                r#"["state"]"#,
                private,
                "event \"state\" failed: the server was given no state of type \
                 socketio_failures::socketio::Live",
                "Handler: the server was given no state of type socketio_failures::socketio::Live",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn whoever_wants_no_answer_gets_none() {
    let (live, mut noted) = failing(Options::default()).await;
    let mut ada = live.join("/").await;
    for event in ["arguments", "handler", "later handler", "panic", "later panic", "refused"] {
        ada.send(&format!(r#"42["{event}"]"#)).await;
        noted.next().await;
        noted.next().await;
    }
    ada.expect_nothing().await;
}

#[tokio::test]
async fn failures_are_answered_only_if_they_are_to_be() {
    let (live, mut noted) = failing(Options { answer_failures: false, ..Options::default() }).await;
    let mut ada = live.join("/").await;
    for event in ["arguments", "handler", "later panic", "refused"] {
        ada.send(&format!(r#"421["{event}"]"#)).await;
        noted.next().await;
        noted.next().await;
    }
    ada.expect_nothing().await;
}

/// As in the reference server: the client finds out by its own timeout.
#[tokio::test]
async fn what_was_merely_forgotten_is_not_answered() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("forgotten", |_: Ack| {});
        s.on("not asked for", || Ok::<(), String>(()));
        s.on("dealt with", |number: Result<u8, _>, ack: Ack| match number {
            Ok(number) => ack.send(number),
            Err::<_, sockrates::socketio::ArgsError>(_) => Ok(()),
        });
    });
    let mut ada = live.join("/").await;
    for event in [r#"["forgotten"]"#, r#"["not asked for"]"#, r#"["unknown"]"#] {
        ada.send(&format!("421{event}")).await;
    }
    ada.send(r#"422["dealt with","x"]"#).await;
    ada.send(r#"423["dealt with",3]"#).await;
    ada.expect("433[3]").await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn a_failure_is_no_answer_while_somebody_may_still_answer() {
    let live = Live::start(Options::default()).await;
    let kept: Arc<Mutex<Vec<Ack>>> = Arc::default();
    let keeper = kept.clone();
    live.io.of("/").on_connect(move |s: Socket| {
        let keeper = keeper.clone();
        s.on("x", |_: u8| {});
        s.on("x", || Err::<(), _>("the second failure"));
        s.on("x", move |ack: Ack| keeper.lock().unwrap().push(ack));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"421["x"]"#).await;
    ada.expect_nothing().await;
    kept.lock().unwrap().remove(0).send("after all").unwrap();
    ada.expect(r#"431["after all"]"#).await;
    ada.send(r#"422["x"]"#).await;
    ada.expect_nothing().await;
    kept.lock().unwrap().clear();
    ada.expect(r#"432[{"error":"argument 1 is missing, expected u8"}]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn of_what_a_client_has_sent_it_gets_back_a_part_at_most() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("x", |_: u8| {});
    });
    let mut ada = live.join("/").await;
    ada.send(&format!(r#"421["x","{}"]"#, "é".repeat(100_000))).await;
    let begin = r#"argument 1: invalid type: string \""#;
    let rest = "é".repeat(200 - begin.len() + 1);
    ada.expect(&format!(r#"431[{{"error":"{begin}{rest}"}}]"#)).await;
}

#[tokio::test]
async fn handlers_of_beginning_and_end_fail_like_any_other() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    let own = notes.clone();
    live.io.of("/").on_error(move |_, failure| notes.note(failure));
    live.io.of("/").on_connect(move |s: Socket| -> Result<(), &str> {
        let own = own.clone();
        s.on_error(move |failure| own.note(format!("own: {failure}")));
        s.on_disconnecting(|_: Socket, _| Err::<(), _>("bad"));
        s.on_disconnect(|_: Socket, _| fail("worse"));
        Err("good morning")
    });
    let mut ada = live.join("/").await;
    noted.expect(r#"own: event "connect" failed: good morning"#).await;
    noted.expect(r#"event "connect" failed: good morning"#).await;
    ada.send("41").await;
    noted.expect(r#"own: event "disconnecting" failed: bad"#).await;
    noted.expect(r#"event "disconnecting" failed: bad"#).await;
    noted.expect(r#"own: event "disconnect" panicked: worse"#).await;
    noted.expect(r#"event "disconnect" panicked: worse"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn an_error_handler_that_panics_harms_nobody() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.on_error(|_, _| panic!("at the namespace"));
    live.io.on_error(move |_, failure| notes.note(failure));
    live.io.of("/").on_connect(|s: Socket| {
        s.on_error(|_| panic!("at the socket"));
        s.on("x", || Err::<(), _>("failed"));
        s.on("ok", |s: Socket| s.emit("ok", ()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x"]"#).await;
    ada.send(r#"42["ok"]"#).await;
    ada.expect(r#"42["ok"]"#).await;
    noted.expect(r#"event "x" failed: failed"#).await;
}

#[tokio::test]
async fn outgoing_listeners_fail_by_panicking() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.on_error(move |_, failure| notes.note(failure));
    live.io.of("/").on_connect(|s: Socket| {
        s.on_any_outgoing(|_: &str, _: &Args| panic!("on purpose"));
        s.emit("hello", ())
    });
    let mut ada = live.join("/").await;
    ada.expect(r#"42["hello"]"#).await;
    noted.expect(r#"event "hello" panicked: on purpose"#).await;
}

#[tokio::test]
async fn a_failure_is_one_line_of_the_log() {
    let log = Log::of_all();
    let (live, mut noted) = failing(Options::default()).await;
    let mut ada = live.join("/").await;
    ada.send(&format!(r#"421["arguments","\n{}"]"#, "x".repeat(1000))).await;
    noted.next().await;
    noted.next().await;
    let (id, mut lines) = (&ada.id, log.0.lock().unwrap().clone());
    lines.retain(|line| line.contains(id));
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    let begin = format!(
        r#"WARN message=event failed socket={id} namespace="/" event="arguments" kind=Arguments error="argument 1: invalid type: string \"\\nxxx"#
    );
    assert!(line.starts_with(&begin), "{line}");
    assert!(line.len() < begin.len() + 200, "{line}");
}

#[tokio::test]
async fn what_nobody_listens_to_is_in_the_log() {
    let log = Log::of_all();
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("last", |s: Socket| s.emit("last", ()));
        s.on("disconnect", || {});
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["lsat\n"]"#).await;
    ada.send(r#"42["last"]"#).await;
    ada.expect(r#"42["last"]"#).await;
    let lines = log.0.lock().unwrap().clone();
    let own = lines.iter().filter(|line| line.contains(&*ada.id));
    let unheard: Vec<_> = own.filter(|line| line.contains("nobody listens")).collect();
    let line = format!(
        r#"DEBUG message=nobody listens to this event socket={} namespace="/" event="lsat\n""#,
        ada.id
    );
    assert_eq!(unheard, [&line]);
    let warned = "WARN message=no client sends this event: the end of a socket is heard of by \
        on_disconnect and on_disconnecting, and its beginning by on_connect event=\"disconnect\"";
    assert!(lines.iter().any(|line| line == warned), "{lines:#?}");
}

/// Keeps what this crate logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// For all tests here at once: what one thread alone listens to can be lost while others begin.
    fn of_all() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let set = || {
            let log = Self::default();
            tracing::subscriber::set_global_default(log.clone()).unwrap();
            log
        };
        LOG.get_or_init(set).clone()
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("sockrates")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a string takes all");
    }
}
