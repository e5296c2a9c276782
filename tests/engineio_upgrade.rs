//! The upgrade, on the live server: from polling to WebSocket, with nothing lost, doubled or
//! out of order. Spec: Engine.IO v4, "Upgrade".
//!
//! ```text
//!   2probe ──►        a candidate
//!   ◄── 3probe, 6     it works; let go of polling
//!   5 ──►             from here on, WebSocket
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::Options;
use sockrates::engineio::outbox::SendError;
use sockrates::engineio::packet::Frame;
use support::polling::Polling;
use support::{EchoServer, Ws};
use tokio::time::{Instant, sleep, timeout};

const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;

fn text(text: &str) -> Frame {
    Frame::Text(text.to_owned().into())
}

/// "To upgrade to WebSocket, the client MUST: … open a WebSocket connection with the same
/// session ID; send a `ping` packet with the string `probe` in the payload." The server MUST
/// [EIO4-UPGRADE-6] "respond with a `pong` packet with the string `probe` in the payload".
/// "Finally, the client MUST send a `upgrade` packet to complete the upgrade".
#[tokio::test]
async fn the_three_steps_of_the_specification_lead_to_websocket() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let mut websocket = session.candidate().await;
    websocket.send("2probe").await;
    websocket.expect("3probe").await;
    websocket.send("5").await;
    websocket.send("4hello").await;
    websocket.expect("4hello").await;
    session.try_poll().await.check(400, BAD_REQUEST);
    session.try_post("4a").await.check(400, BAD_REQUEST);
    websocket.send("4world").await;
    websocket.expect("4world").await;
}

/// The server MUST [EIO4-UPGRADE-5] "send a `noop` packet to any pending `GET` request (if
/// applicable) to cleanly close HTTP long-polling transport"
#[tokio::test(start_paused = true)]
async fn a_waiting_poll_is_let_go_at_once() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let mut get = session.start_poll().await;
    let mut websocket = session.candidate().await;
    let began = Instant::now();
    websocket.send("2probe").await;
    get.response().await.check(200, "6");
    websocket.expect("3probe").await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// Trap 7. A client that asks again right after the noop does not hold the upgrade up, and is
/// not answered in a loop.
#[tokio::test(start_paused = true)]
async fn polls_that_go_on_do_not_hold_the_upgrade_up() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let mut get = session.start_poll().await;
    let mut websocket = session.candidate().await;
    let began = Instant::now();
    websocket.send("2probe").await;
    get.response().await.check(200, "6");
    session.try_poll().await.check(200, "6");
    session.try_poll().await.check(200, "6");
    assert_eq!(began.elapsed().as_millis(), 4, "one in two milliseconds");
    let mut last = session.start_poll().await;
    sleep(Duration::from_millis(1)).await;
    websocket.expect("3probe").await;
    websocket.send("5").await;
    last.response().await.check(200, "1");
    websocket.send("4done").await;
    websocket.expect("4done").await;
    assert!(began.elapsed() < Duration::from_secs(1));
}

/// Trap 8. Threat 36. A candidate that says nothing disturbs nobody: polls wait and bring what
/// there is, and after its time only the candidate is closed.
#[tokio::test(start_paused = true)]
async fn a_candidate_that_says_nothing_disturbs_nobody() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let began = Instant::now();
    let mut candidate = session.candidate().await;
    let mut get = session.start_poll().await;
    assert!(timeout(Duration::from_secs(5), get.response()).await.is_err(), "it waits");
    session.post("4a").await;
    get.response().await.check(200, "4a");
    let refused = Some((1008, "this session takes no WebSocket now".into()));
    assert_eq!(candidate.closed().await, refused);
    assert_eq!(began.elapsed().as_secs(), 10);
    session.post("4b").await;
    assert_eq!(session.poll().await, "4b");
}

/// Trap 9. Threat 35. A candidate that sends something else, or goes away after its probe, costs
/// the session nothing: what waits arrives by polling, and another may succeed.
#[tokio::test]
async fn a_failed_upgrade_leaves_polling_as_it_was() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    for wrong in ["4early", "2", "garbage", "", "1", "2probe!", "6"] {
        let mut candidate = session.candidate().await;
        candidate.send(wrong).await;
        assert_eq!(candidate.closed().await.map(|(code, _)| code), Some(1008), "{wrong:?}");
        session.post("4after").await;
        assert_eq!(session.poll().await, "4after");
    }
    let mut candidate = session.candidate().await;
    candidate.send("2probe").await;
    candidate.expect("3probe").await;
    session.post("4buffered").await;
    drop(candidate);
    assert_eq!(session.poll().await, "4buffered");

    let mut websocket = upgrade_when_free(&session).await;
    websocket.send("4at last").await;
    websocket.expect("4at last").await;
    assert!(server.none_closed());
}

/// Upgrades, again and again until the server has seen that the candidate before is gone.
async fn upgrade_when_free(session: &Polling<'_>) -> Ws {
    loop {
        let mut candidate = session.candidate().await;
        candidate.send("2probe").await;
        if candidate.next().await.is_some() {
            candidate.send("5").await;
            return candidate;
        }
    }
}

/// A candidate may be probed again, sixteen times in all; then it is no upgrade that it wants.
#[tokio::test]
async fn a_candidate_is_probed_so_often_and_no_more() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let mut websocket = session.candidate().await;
    for _ in 0..16 {
        websocket.send("2probe").await;
        websocket.expect("3probe").await;
    }
    websocket.send("2probe").await;
    assert!(websocket.closed().await.is_some());
    session.post("4hello").await;
    session.try_poll().await.check(200, "4hello");
}

/// Trap 7, and what waits in the meantime: it is bounded like all that waits.
#[tokio::test]
async fn what_waits_while_a_websocket_is_probed_is_bounded() {
    // Each frame counts for 64 bytes more than it has.
    let max_buffered = 10 * (100 + 64);
    let server = EchoServer::start(Options { max_buffered, ..Options::default() }).await;
    let session = server.polling().await;
    let handle = server.session().await;
    let mut websocket = session.candidate().await;
    websocket.send("2probe").await;
    websocket.expect("3probe").await;
    let hundred = || text(&"4".repeat(100));
    for _ in 0..10 {
        handle.send([hundred()], Delivery::default()).unwrap();
    }
    assert_eq!(handle.send([hundred()], Delivery::default()), Err(SendError::Full));
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
}

/// Trap 10. Threat 34. A second candidate is refused, and the first completes.
#[tokio::test]
async fn of_two_candidates_the_first_completes() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let mut first = session.candidate().await;
    first.send("2probe").await;
    first.expect("3probe").await;
    let mut second = session.candidate().await;
    assert_eq!(second.closed().await.map(|(code, _)| code), Some(1008));
    first.send("5").await;
    first.send("4mine").await;
    first.expect("4mine").await;
}

/// Trap 11. What was sent before the server closes the session in the middle of an upgrade
/// arrives, and then the close, whichever way the client goes.
#[tokio::test]
async fn a_close_in_the_middle_of_an_upgrade_loses_nothing() {
    let server = EchoServer::start(Options::default()).await;
    for finishes in [true, false] {
        let session = server.polling().await;
        let handle = server.session().await;
        let mut candidate = session.candidate().await;
        candidate.send("2probe").await;
        candidate.expect("3probe").await;
        handle.send([text("4a"), text("4b")], Delivery::default()).unwrap();
        handle.close(CloseReason::ForcedClose);
        if finishes {
            candidate.send("5").await;
            candidate.expect("4a").await;
            candidate.expect("4b").await;
            assert_eq!(candidate.closed().await, Some((1000, "forced close".into())));
        } else {
            assert_eq!(session.poll().await, "4a\x1e4b");
            assert_eq!(session.poll().await, "6\x1e1");
            assert_eq!(candidate.closed().await.map(|(code, _)| code), Some(1008));
        }
        assert_eq!(server.closed().await, CloseReason::ForcedClose);
    }
}

/// Emits `4…0` to `4…count`, giving others their turn now and then.
async fn emit(handle: SessionHandle, count: usize) {
    for number in 0..=count {
        handle.send([text(&format!("4{number}"))], Delivery::default()).unwrap();
        if number % 3 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Trap 12. Threat 37. While the server goes on emitting, a hundred clients move to WebSocket,
/// each a little later than the one before, with a poll waiting: each sees every message once, in
/// order.
#[tokio::test]
async fn messages_across_an_upgrade_arrive_once_and_in_order() {
    const LAST: usize = 200;
    let server = EchoServer::start(Options::default()).await;
    for client in 0..100 {
        let session = server.polling().await;
        let emitting = tokio::spawn(emit(server.session().await, LAST));
        let mut came = Vec::new();
        for _ in 0..client % 5 {
            came.extend(session.poll().await.split('\x1e').map(str::to_owned));
        }
        let mut get = session.start_poll().await;
        let mut websocket = session.candidate().await;
        websocket.send("2probe").await;
        websocket.expect("3probe").await;
        let body = get.response().await;
        came.extend(body.text().split('\x1e').filter(|&it| it != "6").map(str::to_owned));
        websocket.send("5").await;
        while came.len() <= LAST {
            came.push(websocket.text().await);
        }
        emitting.await.unwrap();
        let expected: Vec<_> = (0..=LAST).map(|number| format!("4{number}")).collect();
        assert_eq!(came, expected, "client {client}");
    }
}

/// The other direction: what was posted before the upgrade is handled before what comes over
/// the WebSocket.
#[tokio::test]
async fn messages_to_the_server_keep_their_order_across_an_upgrade() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let numbers = |from: usize, to: usize| (from..to).map(|number| format!("4{number}"));
    session.post(numbers(0, 1000).collect::<Vec<_>>().join("\x1e")).await;
    let mut websocket = session.upgrade().await;
    for text in numbers(1000, 1100) {
        websocket.send(&text).await;
    }
    for text in numbers(0, 1100) {
        websocket.expect(&text).await;
    }
}

/// The reference server is left without a timer by this.
#[tokio::test(start_paused = true)]
async fn an_upgrade_while_a_ping_is_out_does_not_stop_the_heart() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let began = Instant::now();
    assert_eq!(session.poll().await, "2");
    sleep(Duration::from_secs(15)).await;
    let websocket = session.upgrade().await;
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 60, "25 s, 15 s, and 20 s from the upgrade");
    drop(websocket);
}
