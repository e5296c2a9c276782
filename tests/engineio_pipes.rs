//! The shell on connections that fail, at every single point at which they can.
//!
//! ```text
//!   for every N: the N-th write fails, as TCP lets it fail in each way
//!                after N bytes from the client comes the end, or a reset
//!                after N bytes to the client its window is full, for ever or for a while
//! ```
//!
//! Wherever that happens in a conversation, the session ends once, for the right reason and in
//! time, and nothing is left of it: no entry, no task, no connection. The clock is stopped.

mod support;

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::{Frame, Message, Packet};
use support::pipe::{Call, Cut, FAULTS, Fault};
use support::websocket::{BINARY, CLOSE, PING, PONG, TEXT, frame, opening};
use support::{Faults, Http, Live, RawWs, Watch, http, polling};
use tokio::time::{Instant as TokioInstant, sleep, timeout};

const WEBSOCKET: &str = "EIO=4&transport=websocket";
const POLLING: &str = "EIO=4&transport=polling";

/// Longer than any wait of the server with its usual settings.
const LONG: Duration = Duration::from_secs(200);

/// An application that sends every message back, and notes each session and its end.
#[derive(Clone, Debug, Default)]
struct Echo(Arc<Mutex<Vec<Known>>>);

/// A session, and why it was closed, as often as that was told.
type Known = (SessionHandle, Vec<CloseReason>);

impl Echo {
    /// Why each session has ended.
    fn ends(&self) -> Vec<Vec<CloseReason>> {
        self.0.lock().unwrap().iter().map(|(_, ends)| ends.clone()).collect()
    }

    fn session(&self) -> SessionHandle {
        self.0.lock().unwrap()[0].0.clone()
    }
}

impl Handler for Echo {
    type Client = EchoClient;

    fn opened(&self, handle: SessionHandle, _: Arc<Handshake>, _: Instant) -> EchoClient {
        let mut sessions = self.0.lock().unwrap();
        sessions.push((handle, Vec::new()));
        EchoClient { number: sessions.len() - 1, echo: self.clone() }
    }
}

struct EchoClient {
    number: usize,
    echo: Echo,
}

impl Client for EchoClient {
    fn message(&mut self, message: Message, _: Instant) {
        let handle = self.echo.0.lock().unwrap()[self.number].0.clone();
        // A client that is gone is dealt with by its session.
        let _ = handle.send([Packet::Message(message).to_frame()], Delivery::default());
    }

    fn closed(self, reason: CloseReason) {
        self.echo.0.lock().unwrap()[self.number].1.push(reason);
    }
}

/// A server in memory for one conversation.
struct World {
    live: Live,
    engine: Engine<Echo>,
    echo: Echo,
}

impl World {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let echo = Echo::default();
        let engine = Engine::new(options, echo.clone());
        Self { live: Live::engine_in_memory(&engine), engine, echo }
    }

    /// Some time after everybody has gone: nothing is left. Why the sessions have ended.
    async fn nothing_is_left(self, what: &str) -> Vec<CloseReason> {
        sleep(LONG).await;
        assert_eq!(self.engine.sessions(), 0, "{what}: a session is left");
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks, 0, "{what}: a task is left");
        assert_eq!(self.engine.close(Duration::ZERO).await, 0, "{what}");
        let ends = self.echo.ends();
        assert!(ends.iter().all(|ends| ends.len() == 1), "{what}: one end each: {ends:?}");
        ends.concat()
    }
}

/// Goes on with a conversation as long as its connection does.
macro_rules! go {
    ($step:expr) => {
        match $step {
            Some(value) => value,
            None => return ControlFlow::Break(()),
        }
    };
}

/// How a conversation went: to its end, or to that of its connection.
type Went = ControlFlow<()>;

/// Reads a frame, which must be this one unless the server says goodbye.
async fn hears(websocket: &mut RawWs, first: u8, payload: &[u8]) -> Option<()> {
    let found = websocket.next().await.filter(|it| first == CLOSE || it.first != CLOSE)?;
    assert_eq!((found.first, &found.payload[..]), (first, payload));
    Some(())
}

async fn says(websocket: &mut RawWs, bytes: impl AsRef<[u8]>) -> Option<()> {
    websocket.http.try_send(bytes).await.then_some(())
}

/// Opens a WebSocket.
async fn switches(mut http: Http, target: &str) -> Option<RawWs> {
    http.try_send(opening(target)).await.then_some(())?;
    let answer = http.try_response().await?;
    assert_eq!(answer.status, 101);
    Some(RawWs { http })
}

/// A whole life on WebSocket, with messages of about `size` bytes.
async fn on_websocket(live: &Live, http: Http, size: usize) -> Went {
    let mut websocket = go!(switches(http, &live.target(WEBSOCKET)).await);
    let open = go!(websocket.next().await);
    assert_eq!(open.payload.first(), Some(&b'0'));
    go!(says(&mut websocket, frame(TEXT, b"4hello")).await);
    go!(hears(&mut websocket, TEXT, b"4hello").await);

    let whole = vec![b'x'; size];
    let (one, rest) = whole.split_at(size / 3);
    let (two, three) = rest.split_at(size / 3);
    go!(says(&mut websocket, frame(0x02, one)).await);
    go!(says(&mut websocket, frame(0x00, two)).await);
    go!(says(&mut websocket, frame(PING, b"between")).await);
    go!(hears(&mut websocket, PONG, b"between").await);
    go!(says(&mut websocket, frame(0x80, three)).await);
    let mut came = Vec::new();
    while came.len() < size {
        let piece = go!(websocket.next().await);
        let first = if came.is_empty() { BINARY & 0x0f } else { 0 };
        assert_eq!(piece.first & 0x0f, first, "fragments in order");
        came.extend(piece.payload);
    }
    assert_eq!(came, whole);

    go!(hears(&mut websocket, TEXT, b"2").await);
    go!(says(&mut websocket, frame(TEXT, b"3")).await);
    go!(says(&mut websocket, frame(CLOSE, &1000_u16.to_be_bytes())).await);
    go!(hears(&mut websocket, CLOSE, &1000_u16.to_be_bytes()).await);
    assert_eq!(websocket.next().await, None, "nothing behind the close frame");
    ControlFlow::Continue(())
}

/// Requests of a whole life on polling.
const REQUESTS: usize = 8;

/// A whole life on polling, on one connection. Its bytes are counted in `marks`, after each
/// request's head and after its body.
async fn on_polling(live: &Live, http: &mut Http, marks: &mut Vec<usize>) -> Went {
    async fn asks(http: &mut Http, request: Vec<u8>, marks: &mut Vec<usize>) -> Option<String> {
        let head = request.windows(4).position(|it| it == b"\r\n\r\n").expect("a head") + 4;
        let before = marks.last().copied().unwrap_or_default();
        marks.extend([before + head, before + request.len()]);
        http.try_send(&request).await.then_some(())?;
        let answer = http.try_response().await?;
        // A session that ends over a body which was cut says so, if it still can.
        assert!(matches!(answer.status, 200 | 400), "{}", answer.text());
        (answer.status == 200).then(|| answer.text().to_owned())
    }
    let target = live.target(POLLING);
    let open = go!(asks(http, http::get(&target).into_bytes(), marks).await);
    let target = format!("{target}&sid={}", polling::sid(&open));
    for (post, expected) in [("4hello", "4hello"), ("4a\x1ebAQI=", "4a\x1ebAQI="), ("3", "2")] {
        assert_eq!(go!(asks(http, http::post(&target, post), marks).await), "ok");
        let came = go!(asks(http, http::get(&target).into_bytes(), marks).await);
        assert_eq!(came, expected);
    }
    assert_eq!(go!(asks(http, http::post(&target, "3\x1e1"), marks).await), "ok");
    ControlFlow::Continue(())
}

/// An upgrade of the session `sid`, up to the end of it on its WebSocket.
async fn on_candidate(live: &Live, http: Http, sid: &str) -> Went {
    let target = live.target(&format!("{WEBSOCKET}&sid={sid}"));
    let mut websocket = go!(switches(http, &target).await);
    go!(says(&mut websocket, frame(TEXT, b"2probe")).await);
    go!(hears(&mut websocket, TEXT, b"3probe").await);
    go!(says(&mut websocket, frame(TEXT, b"5")).await);
    go!(says(&mut websocket, frame(TEXT, b"4hello")).await);
    go!(hears(&mut websocket, TEXT, b"4hello").await);
    go!(says(&mut websocket, frame(CLOSE, &1000_u16.to_be_bytes())).await);
    go!(hears(&mut websocket, CLOSE, &1000_u16.to_be_bytes()).await);
    ControlFlow::Continue(())
}

/// Every call of this kind, failing in every way, one after the other: all of them, until the
/// conversation has no more.
async fn every_call(
    kind: Call,
    what: &str,
    mut run: impl AsyncFnMut(Faults, &str) -> (Watch, bool),
) {
    for fault in FAULTS {
        // A flush or a shutdown takes no bytes anyway.
        if kind != Call::Write && matches!(fault, Fault::TakesNothing) {
            continue;
        }
        for number in 1.. {
            let what = format!("{what}, {kind:?} {number} fails with {fault:?}");
            let faults = Faults { fails: Some((kind, number, fault)), ..Faults::default() };
            let (watch, whole) = run(faults, &what).await;
            assert!(watch.dropped(), "{what}: the connection is left");
            if !watch.failed() {
                assert!(whole, "{what}: nothing fails, and it does not come to its end");
                assert!(number > 1, "{what}: a fault that never comes about proves nothing");
                break;
            }
        }
    }
}

/// Whatever call fails on WebSocket, and how: the client is gone, and that is all there is to
/// it.
#[tokio::test(start_paused = true)]
async fn on_websocket_every_failing_call_is_a_transport_close() {
    for kind in [Call::Write, Call::Flush, Call::Shutdown] {
        every_call(kind, "WebSocket", async |faults, what| {
            let world = World::new();
            let (http, watch) = world.live.connect_badly(faults);
            let went = on_websocket(&world.live, http, 40_000).await;
            for end in world.nothing_is_left(what).await {
                assert_eq!(end, CloseReason::TransportClose, "{what}");
            }
            (watch, went.is_continue())
        })
        .await;
    }
}

/// The same on polling. The session does not see how its answers fare, so it lives until the
/// heartbeat finds that nobody comes back. Only what fails while a `GET` waits is told at once.
#[tokio::test(start_paused = true)]
async fn on_polling_an_answer_that_fails_is_found_out_by_the_heartbeat() {
    for kind in [Call::Write, Call::Flush] {
        every_call(kind, "polling", async |faults, what| {
            let world = World::new();
            let (mut http, watch) = world.live.connect_badly(faults);
            let mut marks = Vec::new();
            let went = on_polling(&world.live, &mut http, &mut marks).await;
            drop(http);
            let ends = world.nothing_is_left(what).await;
            let expected = match (marks.len() / 2, kind) {
                // All was said, whether or not the last answer came.
                (REQUESTS, Call::Write) => [CloseReason::TransportClose].as_slice(),
                (REQUESTS, _) => &[CloseReason::TransportClose, CloseReason::PingTimeout],
                (_, Call::Write) => &[CloseReason::PingTimeout],
                (_, _) => &[CloseReason::PingTimeout, CloseReason::TransportError],
            };
            assert!(matches!(ends[..], [end] if expected.contains(&end)), "{what}: {ends:?}");
            (watch, went.is_continue())
        })
        .await;
    }
}

/// A candidate whose calls fail leaves the session as it was, on polling, up to the `5`.
#[tokio::test(start_paused = true)]
async fn a_candidate_that_fails_leaves_the_session_alone() {
    for kind in [Call::Write, Call::Flush, Call::Shutdown] {
        every_call(kind, "candidate", async |faults, what| {
            let world = World::new();
            let session = world.live.polling().await;
            let (http, watch) = world.live.connect_badly(faults);
            let went = on_candidate(&world.live, http, &session.sid).await;
            survives_on_polling(&world, &session, what).await;
            drop(session);
            assert_eq!(world.nothing_is_left(what).await, [CloseReason::TransportClose], "{what}");
            (watch, went.is_continue())
        })
        .await;
    }
}

/// Unless the session has moved to the WebSocket and ended with it, it goes on as before.
async fn survives_on_polling(world: &World, session: &support::Polling<'_>, what: &str) {
    sleep(Duration::from_millis(1)).await;
    if world.echo.ends()[0].is_empty() {
        session.post("4still here").await;
        assert_eq!(session.poll().await, "4still here", "{what}");
        session.post("1").await;
    }
}

/// Every way in which what a client sends can stop, after `bytes`.
fn cuts(bytes: usize) -> impl Iterator<Item = (usize, Faults, String)> {
    let all = [Cut::End, Cut::Error(ErrorKind::ConnectionReset), Cut::Error(ErrorKind::TimedOut)];
    (0..=bytes).flat_map(move |at| {
        all.map(|cut| {
            let faults = Faults { cut: Some((at, cut)), ..Faults::default() };
            (at, faults, format!("{cut:?} after {at} bytes of {bytes}"))
        })
    })
}

#[tokio::test(start_paused = true)]
async fn on_websocket_the_end_may_come_after_any_byte() {
    let world = World::new();
    let (http, watch) = world.live.connect_badly(Faults::default());
    assert!(on_websocket(&world.live, http, 60).await.is_continue());
    let head = opening(&world.live.target(WEBSOCKET)).len();
    for (at, faults, what) in cuts(watch.read()) {
        let world = World::new();
        let (http, watch) = world.live.connect_badly(faults);
        let _ = on_websocket(&world.live, http, 60).await;
        let ends = world.nothing_is_left(&what).await;
        assert!(watch.dropped(), "{what}");
        // Whether the connection ends with the head or behind it is not for the client to say.
        assert!(at == head || ends.len() == usize::from(at > head), "{what}: {ends:?}");
        assert!(ends.iter().all(|end| *end == CloseReason::TransportClose), "{what}: {ends:?}");
    }
}

/// A body that is cut, and a poll that is, end the session. What is cut within a head or
/// between two requests was never asked, so nobody notices before the heartbeat does.
#[tokio::test(start_paused = true)]
async fn on_polling_the_end_may_come_after_any_byte() {
    let (world, mut marks) = (World::new(), Vec::new());
    let (mut http, watch) = world.live.connect_badly(Faults::default());
    assert!(on_polling(&world.live, &mut http, &mut marks).await.is_continue());
    assert_eq!((marks.len(), marks.last()), (2 * REQUESTS, Some(&watch.read())));
    for (at, faults, what) in cuts(watch.read()) {
        let world = World::new();
        let (mut http, watch) = world.live.connect_badly(faults);
        let _ = on_polling(&world.live, &mut http, &mut Vec::new()).await;
        let ends = world.nothing_is_left(&what).await;
        assert!(watch.dropped(), "{what}");
        let request = marks.chunks(2).position(|marks| at < marks[1]).unwrap_or(marks.len() / 2);
        let in_body = marks.chunks(2).any(|marks| marks[0] <= at && at < marks[1]);
        match request {
            0 => assert_eq!(ends, [], "{what}"),
            // Whether it is opened for a client that is gone is the server's to choose.
            _ if at == marks[1] => assert!(ends.len() <= 1, "{what}"),
            _ if in_body => assert_eq!(ends, [CloseReason::TransportError], "{what}"),
            // The same goes for a GET that waits.
            _ if marks.contains(&at) => assert_eq!(ends.len(), 1, "{what}"),
            _ => assert_eq!(ends, [CloseReason::PingTimeout], "{what}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_candidate_may_end_after_any_byte() {
    let world = World::new();
    let session = world.live.polling().await;
    let (http, watch) = world.live.connect_badly(Faults::default());
    assert!(on_candidate(&world.live, http, &session.sid).await.is_continue());
    let switched = watch.read() - frame(TEXT, b"4hello").len() - frame(CLOSE, b"..").len();
    for (at, faults, what) in cuts(watch.read()) {
        let world = World::new();
        let session = world.live.polling().await;
        let (http, watch) = world.live.connect_badly(faults);
        let _ = on_candidate(&world.live, http, &session.sid).await;
        sleep(Duration::from_millis(1)).await;
        assert_eq!(world.echo.ends()[0].is_empty(), at < switched, "{what}");
        survives_on_polling(&world, &session, &what).await;
        drop(session);
        assert_eq!(world.nothing_is_left(&what).await, [CloseReason::TransportClose], "{what}");
        assert!(watch.dropped(), "{what}");
    }
}

/// Bytes that come and go one at a time make the same conversation.
#[tokio::test(start_paused = true)]
async fn one_byte_at_a_time_is_enough() {
    let faults = Faults { piece: Some(1), ..Faults::default() };
    let world = World::new();
    let (http, _) = world.live.connect_badly(faults);
    assert!(on_websocket(&world.live, http, 40_000).await.is_continue());
    let (mut http, _) = world.live.connect_badly(faults);
    assert!(on_polling(&world.live, &mut http, &mut Vec::new()).await.is_continue());
    drop(http);
    let session = world.live.polling().await;
    let (http, _) = world.live.connect_badly(faults);
    assert!(on_candidate(&world.live, http, &session.sid).await.is_continue());
    drop(session);
    assert_eq!(world.nothing_is_left("byte by byte").await, [CloseReason::TransportClose; 3]);
}

/// A `GET` that waits is lost with its connection, and so is the session.
#[tokio::test(start_paused = true)]
async fn a_poll_whose_client_goes_away_is_a_transport_error() {
    let world = World::new();
    let session = world.live.polling().await;
    let waiting = session.start_poll().await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.echo.ends(), [[]]);
    drop(waiting);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(world.echo.ends(), [[CloseReason::TransportError]]);
    drop(session);
    world.nothing_is_left("a lost poll").await;
}

/// Every place at which the client's window can be full, while `written` bytes are written.
fn windows(written: usize) -> impl Iterator<Item = (Faults, String)> {
    (0..written).map(move |at| {
        (Faults { full: Some(at), ..Faults::default() }, format!("full after {at} of {written}"))
    })
}

/// Wherever the window of a WebSocket is full for ever, the heartbeat ends the session, and
/// soon there is no connection either, although the client keeps its end.
#[tokio::test(start_paused = true)]
async fn on_websocket_a_window_that_stays_full_ends_at_the_ping_timeout() {
    let world = World::new();
    let (http, watch) = world.live.connect_badly(Faults::default());
    assert!(on_websocket(&world.live, http, 60).await.is_continue());
    for (faults, what) in windows(watch.written()) {
        let world = World::new();
        let (http, watch) = world.live.connect_badly(faults);
        let mut talks = Box::pin(on_websocket(&world.live, http, 60));
        let _ = timeout(LONG, &mut talks).await;
        assert!(watch.failed() && watch.dropped(), "{what}: the connection is left");
        drop(talks);
        let ends = world.nothing_is_left(&what).await;
        let goodbye = [CloseReason::TransportClose];
        // The answer to a close frame is written after the end.
        let expected = [CloseReason::PingTimeout];
        assert!(ends.is_empty() || ends == expected || ends == goodbye, "{what}: {ends:?}");
    }
}

/// The same on polling, where the session knows nothing of its answers.
#[tokio::test(start_paused = true)]
async fn on_polling_a_window_that_stays_full_ends_the_connection() {
    let world = World::new();
    let (mut http, watch) = world.live.connect_badly(Faults::default());
    assert!(on_polling(&world.live, &mut http, &mut Vec::new()).await.is_continue());
    for (faults, what) in windows(watch.written()) {
        let world = World::new();
        let (mut http, watch) = world.live.connect_badly(faults);
        let _ = timeout(LONG, on_polling(&world.live, &mut http, &mut Vec::new())).await;
        assert!(watch.failed() && watch.dropped(), "{what}: the connection is left");
        drop(http);
        world.nothing_is_left(&what).await;
    }
}

/// A window that opens again in time costs nothing but the time.
#[tokio::test(start_paused = true)]
async fn a_window_that_opens_again_loses_nothing() {
    let world = World::new();
    let (http, watch) = world.live.connect_badly(Faults::default());
    assert!(on_websocket(&world.live, http, 60).await.is_continue());
    // The answer to the client's close frame has two seconds only.
    let goodbye = 2 + 2;
    for (faults, what) in windows(watch.written() - goodbye) {
        let world = World::new();
        let (http, watch) = world.live.connect_badly(faults);
        let opens = async {
            while !watch.failed() {
                sleep(Duration::from_millis(10)).await;
            }
            sleep(Duration::from_secs(9)).await;
            watch.release();
        };
        let (went, ()) = tokio::join!(on_websocket(&world.live, http, 60), opens);
        assert!(went.is_continue() && watch.failed(), "{what}");
        assert_eq!(world.nothing_is_left(&what).await, [CloseReason::TransportClose], "{what}");
    }
}

/// Waits until the server has let go of a connection. How long that took, in seconds.
async fn seconds_until_dropped(watch: &Watch) -> u64 {
    let began = TokioInstant::now();
    while !watch.dropped() {
        sleep(Duration::from_millis(10)).await;
        assert!(began.elapsed() < Duration::from_secs(3600), "the connection is left");
    }
    began.elapsed().as_secs()
}

/// An answer that nobody takes waits for as long as a connection may rest.
#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_given_up_after_the_idle_timeout() {
    let world = World::new();
    let faults = Faults { full: Some(20), ..Faults::default() };
    let (mut http, watch) = world.live.connect_badly(faults);
    http.send(http::get(&world.live.target(POLLING))).await;
    assert_eq!(seconds_until_dropped(&watch).await, 75);
    assert_eq!(watch.written(), 20);
    assert_eq!(world.echo.ends(), [[CloseReason::PingTimeout]], "nobody has polled since");
    drop(http);
    world.nothing_is_left("an answer that nobody takes").await;
}

/// A WebSocket is left to its session: with a heartbeat that is slow, a little that waits for
/// longer than a connection may rest is not the end.
#[tokio::test(start_paused = true)]
async fn a_websocket_that_takes_nothing_for_long_is_left_to_its_session() {
    let slow = Duration::from_secs(600);
    let world = World::with(Options { ping_interval: slow, ..Options::default() });
    let (http, watch) = full_behind_the_open_packet(&world).await;
    assert!(world.echo.session().send([Frame::Text("4late".into())], Delivery::default()).is_ok());
    sleep(Duration::from_secs(500)).await;
    assert!(!watch.dropped() && world.echo.ends()[0].is_empty());
    watch.release();
    let mut websocket = RawWs { http };
    websocket.expect(TEXT, "4late").await;
    drop(websocket);
    world.nothing_is_left("a slow WebSocket").await;
}

/// A session on WebSocket whose client takes nothing more once it is open.
async fn full_behind_the_open_packet(world: &World) -> (Http, Watch) {
    let trial = World::new();
    let (http, watch) = trial.live.connect_badly(Faults::default());
    let mut websocket = switches(http, &trial.live.target(WEBSOCKET)).await.expect("a switch");
    let open = websocket.next().await.expect("an open packet").payload;
    let interval = |options: &Options| options.ping_interval.as_millis().to_string().len();
    let more = interval(world.engine.options()) - interval(trial.engine.options());
    assert!(open.starts_with(b"0{"));

    let faults = Faults { full: Some(watch.written() + more), ..Faults::default() };
    let (http, watch) = world.live.connect_badly(faults);
    let mut websocket = switches(http, &world.live.target(WEBSOCKET)).await.expect("a switch");
    websocket.next().await.expect("an open packet");
    (websocket.http, watch)
}

/// The end of a session whose client takes nothing, after so many seconds, and that of its
/// connection: it has the time of a goodbye, and no more.
#[track_caller]
fn check_end(act: impl FnOnce(&SessionHandle) + Send + 'static, reason: CloseReason, seconds: u64) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let world = World::new();
        let (http, watch) = full_behind_the_open_packet(&world).await;
        act(&world.echo.session());
        let began = TokioInstant::now();
        while world.echo.ends()[0].is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(began.elapsed().as_secs(), seconds, "{reason}");
        assert_eq!(world.engine.sessions(), 0);
        assert!(world.echo.session().is_closed());
        assert_eq!(seconds_until_dropped(&watch).await, 2, "{reason}");
        assert_eq!(world.nothing_is_left("full").await, [reason]);
        drop(http);
    });
}

/// Each limit of `engineio::options`, to the second.
#[test]
fn a_session_whose_client_takes_nothing_ends_in_time() {
    let send = |size| {
        move |session: &SessionHandle| {
            let frame = Frame::Text(format!("4{}", "a".repeat(size)).into());
            // The first is on its way, the second waits.
            session.send([frame.clone(), frame], Delivery::default()).expect("room");
        }
    };
    check_end(|_| (), CloseReason::PingTimeout, 25 + 20);
    check_end(send(10), CloseReason::PingTimeout, 25 + 20);
    check_end(send(1 << 20), CloseReason::SlowConsumer, 10);
    let close = |session: &SessionHandle| session.close(CloseReason::ForcedClose);
    check_end(close, CloseReason::ForcedClose, 0);
    let last_words = move |session: &SessionHandle| {
        send(10)(session);
        session.close(CloseReason::ForcedClose);
    };
    check_end(last_words, CloseReason::ForcedClose, 30);
}

/// A shutdown waits for those who take nothing for its grace, and then gives them up.
#[tokio::test(start_paused = true)]
async fn a_shutdown_gives_up_those_who_take_nothing() {
    let world = World::new();
    let (http, watch) = full_behind_the_open_packet(&world).await;
    world
        .echo
        .session()
        .send([Frame::Text("4last words".into())], Delivery::default())
        .expect("room");
    let began = TokioInstant::now();
    assert_eq!(world.engine.close(Duration::from_secs(5)).await, 1);
    assert_eq!(began.elapsed().as_secs(), 5);
    assert!(watch.dropped() && world.engine.sessions() == 0);
    drop(http);
}

/// A client that does not answer a goodbye is waited for two seconds, whatever it does instead.
#[tokio::test(start_paused = true)]
async fn a_goodbye_ends_after_two_seconds() {
    let world = World::new();
    let (http, watch) = world.live.connect_badly(Faults::default());
    let mut websocket = switches(http, &world.live.target(WEBSOCKET)).await.expect("a switch");
    websocket.next().await.expect("an open packet");
    world.echo.session().close(CloseReason::ForcedClose);
    assert_eq!(websocket.next().await.map(|it| it.first), Some(CLOSE));
    assert_eq!(world.echo.ends(), [[CloseReason::ForcedClose]], "the application is told before");
    websocket.text("4instead of an answer").await;
    assert_eq!(seconds_until_dropped(&watch).await, 2);
    drop(websocket);
    world.nothing_is_left("a goodbye").await;
}
