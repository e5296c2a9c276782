//! Who is still there? The server asks, the client answers.
//!
//! ```text
//!   0{…"pingInterval":25000,"pingTimeout":20000}
//!   …25 s…       ◄── 2
//!                ──► 3
//!   …25 s…       ◄── 2
//!   …20 s…       the session is closed
//! ```
//!
//! Shell file: talks to a server.

use std::time::Duration;

use tokio::time::Instant;

use crate::conform::check::checks;
use crate::conform::lang::{Told, told};
use crate::conform::outcome::{Verdict, answer, ensure, fail, silence, status};
use crate::conform::pipe::End;
use crate::conform::talk::{QUIET, Talk};
use crate::conform::websocket::{Heard, WebSocket};

checks! { Heartbeat
    Should Plain "heartbeat/not-at-once" "trap 2: some ask in the same breath as they open"
        not_at_once
        "No ping comes right behind the open packet" "open 包之后不会立刻收到 ping";
    Must Plain "heartbeat/ping" "EIO4: 2 is ping" ping
        "On WebSocket, the first ping comes after pingInterval"
        "WebSocket 上，第一个 ping 在 pingInterval 之后到达";
    Must Plain "heartbeat/ping-polling" "EIO4: 2 is ping" ping_polling
        "On long-polling, the first ping comes after pingInterval"
        "长轮询上，第一个 ping 在 pingInterval 之后到达";
    Must Plain "heartbeat/pong" "EIO4: 3 is pong" pong
        "Whoever answers is asked again, and stays" "回应了 ping 的客户端会再次被询问，会话继续";
    Should Plain "heartbeat/silence" "EIO4-HEARTBEAT-1" silent
        "On WebSocket, whoever does not answer is closed after pingTimeout"
        "WebSocket 上，不回应的客户端在 pingTimeout 之后被关闭";
    Should Plain "heartbeat/silence-polling" "EIO4-HEARTBEAT-1" silent_polling
        "On long-polling, whoever does not answer is closed after pingTimeout"
        "长轮询上，不回应的客户端在 pingTimeout 之后被关闭";
    Should Plain "heartbeat/unasked-pongs" "trap 23: some close at a pong too many" unasked_pongs
        "A thousand pongs that nobody has asked for harm nobody"
        "一千个多余的 pong 不会造成任何影响";
    Should Plain "heartbeat/wrong-direction" "as the reference server does" wrong_direction
        "A ping by the client closes the session" "客户端发送 ping 会关闭会话";
}

async fn not_at_once(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.beats = false;
    match socket.hear(QUIET.min(talk.facts().ping_interval / 2)).await {
        Heard::Silence => Ok(()),
        other => fail(Told::fixed("nothing yet", "暂时没有消息"), other.told()),
    }
}

/// Half an interval too early is early. How late is late, a busy machine decides.
fn on_time(talk: &Talk, since: Instant) -> Verdict {
    let (interval, took) = (talk.facts().ping_interval, since.elapsed());
    let ms = interval.as_millis();
    let wanted = told(format!("a ping after {ms} ms"), format!("{ms} 毫秒之后的 ping"));
    let took_ms = took.as_millis();
    let received = || told(format!("one after {took_ms} ms"), format!("{took_ms} 毫秒后就收到了"));
    ensure(took >= interval / 2, wanted, received)
}

/// How long to wait for a ping that is due.
fn due(talk: &Talk) -> Duration {
    talk.facts().ping_interval + talk.facts().ping_timeout.min(Duration::from_secs(5)) + QUIET * 2
}

async fn next_ping(socket: &mut WebSocket, wait: Duration) -> Verdict {
    let until = Instant::now() + wait;
    loop {
        match socket.hear(until.saturating_duration_since(Instant::now())).await {
            Heard::Text(text) if text == "2" => return Ok(()),
            // What its application says, or a noop.
            Heard::Text(text) if text.starts_with(['4', '6']) => {}
            other => return fail(Told::fixed("a ping, `2`", "一个 ping：`2`"), other.told()),
        }
    }
}

/// Whoever joins nothing may be closed before the heart has beaten once.
async fn joined(talk: &Talk) -> Verdict<WebSocket> {
    let mut socket = talk.websocket().await?;
    socket.alive().await?;
    socket.beats = false;
    Ok(socket)
}

async fn ping(talk: Talk) -> Verdict {
    talk.patience(talk.facts().ping_interval)?;
    let since = Instant::now();
    let mut socket = joined(&talk).await?;
    next_ping(&mut socket, due(&talk)).await?;
    on_time(&talk, since)
}

async fn ping_polling(talk: Talk) -> Verdict {
    talk.patience(talk.facts().ping_interval)?;
    let mut session = talk.session().await?;
    let since = Instant::now();
    session.alive().await?;
    loop {
        let request = talk.request("GET", &session.query(), "", None);
        let reply = talk.begin(request).await?.reply(due(&talk)).await?;
        status(&reply, &[200])?;
        let packets = reply.packets();
        if packets.iter().any(|it| it == "2") {
            return on_time(&talk, since);
        }
        let wanted = Told::fixed("a ping, `2`", "一个 ping：`2`");
        ensure(packets.iter().all(|it| it.starts_with('4')), wanted, || answer(&reply))?;
    }
}

async fn pong(talk: Talk) -> Verdict {
    talk.patience(3 * talk.facts().ping_interval)?;
    let mut socket = joined(&talk).await?;
    for _ in 0..3 {
        let since = Instant::now();
        next_ping(&mut socket, due(&talk)).await?;
        on_time(&talk, since)?;
        socket.say("3").await;
    }
    Ok(())
}

async fn silent(talk: Talk) -> Verdict {
    let lasts = talk.facts().ping_interval + talk.facts().ping_timeout;
    talk.patience(lasts)?;
    let mut socket = joined(&talk).await?;
    let until = Instant::now() + lasts * 2 + QUIET * 4;
    loop {
        match socket.hear(until.saturating_duration_since(Instant::now())).await {
            // Its ping, and perhaps a goodbye.
            Heard::Text(_) => {}
            Heard::Closed(_) | Heard::Lost => return Ok(()),
            other => {
                return fail(
                    Told::fixed("the WebSocket is closed", "WebSocket 被关闭"),
                    other.told(),
                );
            }
        }
    }
}

async fn silent_polling(talk: Talk) -> Verdict {
    let lasts = talk.facts().ping_interval + talk.facts().ping_timeout;
    talk.patience(lasts)?;
    let mut session = talk.session().await?;
    session.alive().await?;
    let until = Instant::now() + lasts * 2 + QUIET * 4;
    while Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        let request = talk.request("GET", &session.query(), "", None);
        match talk.begin(request).await?.end(left).await? {
            End::Reply(reply) if reply.status != 200 => return Ok(()),
            End::Reply(reply) if reply.packets().iter().any(|it| it == "1") => return Ok(()),
            End::Reply(_) | End::Lost | End::Silence => {}
        }
    }
    fail(Told::fixed("the session is closed", "会话已关闭"), silence())
}

async fn unasked_pongs(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say_all(&["3"; 1000]).await;
    socket.alive().await
}

async fn wrong_direction(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say("2").await;
    socket.closed().await.map(drop)
}
