//! The tap: what it shows of a conversation, in which order, and what it does not keep.
//!
//! ```text
//!   GET ─────────► request 1                      GET … websocket ► request 5, lane websocket
//!   ◄── open       answer 1                       ◄── 101            answer 5
//!   GET ─────────► request 2   (a parked GET)     2probe ──►         frame
//! ```

mod support;

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::tap::{
    BEGINNING, CUT, Event, KEPT, QUEUE, SESSIONS, Side, Tap, WATCHERS, Watcher, What,
};
use support::{EchoServer, until};
use tokio::time::timeout;

fn tapped() -> (Tap, EchoServer) {
    let tap = Tap::new();
    let options = Options { tap: Some(tap.clone()), ..Options::default() };
    (tap, EchoServer::in_memory(options))
}

/// An event in a few words.
fn shown(event: &Arc<Event>) -> String {
    let from = if event.from == Side::Client { ">" } else { "<" };
    let lane = if event.lane == Transport::Polling { "p" } else { "w" };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(8).collect::<String>();
    let line = |head: &str| head.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let what = match &event.what {
        What::Opened => "opened".to_owned(),
        What::Closed(reason) => format!("closed: {reason}"),
        What::Request(request, head, body) => {
            let (method, _) = head.split_once(' ').unwrap();
            format!("{request} {method} {}", text(&body.bytes))
        }
        What::Answer(request, head, body) => {
            format!("{request} {} {}", line(head), text(&body.bytes))
        }
        What::Unanswered(request) => format!("{request} unanswered"),
        What::Frame(frame) => text(&frame.bytes),
        What::WebSocketClosed => "websocket closed".to_owned(),
    };
    format!("{from}{lane} {what}").trim_end().to_owned()
}

#[track_caller]
fn check(events: &[Arc<Event>], expected: &[&str]) {
    assert_eq!(events.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_is_seen_as_the_handover_that_it_is() {
    let (tap, server) = tapped();
    let session = server.polling().await;
    session.post("4a").await;
    assert_eq!(session.poll().await, "4a");
    let mut parked = session.start_poll().await;
    let mut websocket = session.candidate().await;
    websocket.send("2probe").await;
    parked.response().await.check(200, "6");
    websocket.expect("3probe").await;
    websocket.send("5").await;
    websocket.send("4b").await;
    websocket.expect("4b").await;
    check(
        &tap.kept(None),
        &[
            "<p opened",
            ">p 1 GET",
            "<p 1 HTTP/1.1 200 0{\"sid\":",
            ">p 2 POST 4a",
            "<p 2 HTTP/1.1 200 ok",
            ">p 3 GET",
            "<p 3 HTTP/1.1 200 4a",
            ">p 4 GET",
            ">w 5 GET",
            "<w 5 HTTP/1.1 101",
            ">w 2probe",
            "<w 3probe",
            "<p 4 HTTP/1.1 200 6",
            ">w 5",
            ">w 4b",
            "<w 4b",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_his_request_unanswered() {
    let (tap, server) = tapped();
    let session = server.polling().await;
    let parked = session.start_poll().await;
    until("the GET is here", || tap.kept(None).len() == 4).await;
    drop(parked);
    server.closed().await;
    let mut last: Vec<_> = tap.kept(Some(1)).iter().skip(3).map(shown).collect();
    // The request and the session are over at the same time.
    last.sort_unstable();
    assert_eq!(last, ["<p closed: transport error", ">p 2 GET", ">p 2 unanswered"]);
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_session_is_nobodys() {
    let (tap, server) = tapped();
    server.connect().await.get(&server.target("&transport=polling&sid=x")).await;
    let kept = tap.kept(None);
    check(&kept, &[">p 1 GET", "<p 1 HTTP/1.1 400 {\"code\":"]);
    assert!(kept.iter().all(|event| event.session.is_none()));
}

/// What is not watched is not kept, but for how the newest sessions began.
#[tokio::test(start_paused = true)]
async fn of_a_session_that_nobody_watches_only_the_beginning_is_kept() {
    let (tap, server) = tapped();
    let mut websocket = server.websocket().await;
    for _ in 0..BEGINNING {
        websocket.send("4a").await;
        websocket.expect("4a").await;
    }
    assert_eq!(tap.kept(None).len(), BEGINNING as usize);
    // From when somebody watches, the newest are kept.
    let (kept, watcher) = tap.watch(Some(1)).unwrap();
    assert_eq!(kept.len(), BEGINNING as usize);
    for _ in 0..KEPT {
        websocket.send("4b").await;
        websocket.expect("4b").await;
    }
    let kept = tap.kept(Some(1));
    assert_eq!(kept.len(), KEPT);
    assert!(kept.iter().all(|event| shown(event).ends_with("w 4b")));
    // And not any more when nobody does.
    drop(watcher);
    websocket.send("4c").await;
    websocket.expect("4c").await;
    assert!(tap.kept(None).iter().all(|event| !shown(event).ends_with("4c")));
}

#[tokio::test(start_paused = true)]
async fn of_a_long_message_the_beginning_is_kept() {
    let (tap, server) = tapped();
    let mut websocket = server.websocket().await;
    // Cut between two characters.
    let long = format!("4{}", "\u{e9}".repeat(CUT));
    websocket.send(&long).await;
    websocket.expect(&long).await;
    let kept = tap.kept(Some(1));
    let What::Frame(frame) = &kept.last().unwrap().what else { panic!("{kept:?}") };
    assert_eq!((frame.bytes.len(), frame.size), (CUT - 1, long.len()));
    assert!(std::str::from_utf8(&frame.bytes).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_newest_sessions_are_kept_and_those_that_are_open_are_listed() {
    let (tap, server) = tapped();
    let stays = server.websocket().await;
    for _ in 0..SESSIONS {
        drop(server.websocket().await);
        server.closed().await;
    }
    let sessions = tap.sessions();
    assert_eq!(sessions.len(), SESSIONS + 1);
    assert!(sessions[0].over.is_none() && sessions[0].events == 0, "{:?}", sessions[0]);
    assert!(sessions[1..].iter().all(|it| it.over.is_some() && it.events > 0));
    drop(stays);
    server.closed().await;
    assert_eq!(tap.sessions().len(), SESSIONS);
}

/// A WebSocket that is refused leaves a session behind that never was: it is over at once.
#[tokio::test(start_paused = true)]
async fn what_never_became_a_session_is_over() {
    let (tap, server) = tapped();
    let target = server.target("EIO=4&transport=websocket");
    for _ in 0..=SESSIONS {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n"
        );
        assert_eq!(server.request(request).await.status, 400);
    }
    let sessions = tap.sessions();
    assert_eq!(sessions.len(), SESSIONS);
    assert!(sessions.iter().all(|it| it.over.is_some()), "{sessions:?}");
}

/// A watcher who does not read loses what does not fit, is told how much, and holds up nobody.
#[tokio::test(start_paused = true)]
async fn who_does_not_keep_up_loses_events() {
    let (tap, server) = tapped();
    let (_, watcher) = tap.watch(None).unwrap();
    let mut websocket = server.websocket().await;
    for _ in 0..QUEUE {
        websocket.send("4a").await;
        websocket.expect("4a").await;
    }
    // Opened, request, answer, open packet; and two for each message.
    assert_eq!(watcher.lost(), 4 + QUEUE as u64);
    assert_eq!(watcher.lost(), 0);
}

/// There may be many sessions, so who watches all is told of all, but no more is kept than before.
#[tokio::test(start_paused = true)]
async fn for_who_watches_all_no_more_is_kept() {
    let (tap, server) = tapped();
    let mut oldest = server.websocket().await;
    let mut others = Vec::new();
    for _ in 0..SESSIONS {
        others.push(server.websocket().await);
    }
    let (_, mut all) = tap.watch(None).unwrap();
    oldest.send("4a").await;
    oldest.expect("4a").await;
    assert_eq!(shown(&seen(&mut all).await), ">w 4a");
    assert!(tap.kept(Some(1)).is_empty());
    // Who watches it alone has it kept for him, as long as he does.
    let (_, alone) = tap.watch(Some(1)).unwrap();
    oldest.send("4b").await;
    oldest.expect("4b").await;
    check(&tap.kept(Some(1)), &[">w 4b", "<w 4b"]);
    drop(alone);
    assert!(tap.kept(Some(1)).is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_session_takes_it_from_nobody_when_he_goes() {
    let (tap, server) = tapped();
    let (_, mut all) = tap.watch(None).unwrap();
    let (_, early) = tap.watch(Some(1)).unwrap();
    let mut websocket = server.websocket().await;
    for _ in 0..BEGINNING {
        websocket.send("4a").await;
        websocket.expect("4a").await;
    }
    drop(early);
    websocket.send("4b").await;
    websocket.expect("4b").await;
    while shown(&seen(&mut all).await) != ">w 4b" {}
}

/// The next event, which is there already or not at all.
async fn seen(watcher: &mut Watcher) -> Arc<Event> {
    let next = poll_fn(|cx| watcher.poll_next(cx));
    timeout(Duration::from_secs(1), next).await.expect("an event").expect("no end")
}

#[tokio::test]
async fn watchers_are_counted() {
    let tap = Tap::new();
    let mut watchers: Vec<_> = (0..WATCHERS).map(|_| tap.watch(None).unwrap()).collect();
    assert!(tap.watch(None).is_none());
    watchers.pop();
    assert!(tap.watch(Some(1)).is_some());
    tap.end();
    assert!(tap.watch(None).is_none());
}
