//! From long-polling to WebSocket, and nothing lost on the way.
//!
//! ```text
//!   GET …&sid=s           waits
//!   WebSocket …&sid=s     2probe   ►   ◄ 3probe        and the GET is answered: 6
//!                         5        ►
//!                         40       ►   ◄ 40{"sid":"…"}
//! ```
//!
//! Shell file: talks to a server.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::conform::check::checks;
use crate::conform::lang::{Told, told, wire};
use crate::conform::outcome::{Verdict, answer, ensure, fail, refused, skip, status};
use crate::conform::session::Session;
use crate::conform::talk::{QUIET, Talk, WAIT, WEBSOCKET};
use crate::conform::websocket::{Heard, Opening, WebSocket};

checks! { Upgrade
    Must Plain "upgrade/offered" "EIO4-HANDSHAKE-2" offered
        "The open packet offers `websocket`" "open 包提供 `websocket` 升级";
    Must Plain "upgrade/probe" "EIO4-UPGRADE-6" probe
        "`2probe` is answered by `3probe`" "`2probe` 得到 `3probe`";
    Must Plain "upgrade/noop" "EIO4-UPGRADE-5" noop
        "A GET that waits is released by `6`"
        "等待中的 GET 由 `6` 释放";
    Must Plain "upgrade/complete" "EIO4-UPGRADE-7" complete
        "After `5`, messages go over the WebSocket" "`5` 之后消息走 WebSocket";
    Should Plain "upgrade/poll-again" "trap 7: some keep the client waiting until the next ping"
        poll_again
        "A client that polls again after the `6` is released soon"
        "在 `6` 之后再次轮询的客户端很快被释放";
    Must Plain "upgrade/nothing-lost" "EIO4-UPGRADE-2" nothing_lost
        "What was said before `5` is answered once, over either transport"
        "`5` 之前说的话只得到一次回应，无论走哪种传输";
    Must Plain "upgrade/polling-afterwards" "as the protocol's own suite asks" polling_afterwards
        "After an upgrade, polling is refused and the session lives"
        "升级之后轮询被拒绝，会话继续";
    Must Plain "upgrade/second-afterwards" "EIO4-WS-3" second_afterwards
        "After an upgrade, another WebSocket is closed and the session lives"
        "升级之后另一个 WebSocket 被关闭，会话继续";
    Must Plain "upgrade/two-candidates" "trap 10: some answer both, and are stuck" two_candidates
        "Of two WebSockets that want it, one gets it" "两个 WebSocket 争抢升级时，只有一个成功";
    Should Plain "upgrade/unprobed" "trap 8: some answer every GET by `6` from then on" unprobed
        "A WebSocket that says nothing disturbs nobody" "不说话的 WebSocket 不影响任何人";
    Should Plain "upgrade/garbage" "trap 9: some close the session for it" garbage
        "A WebSocket that talks nonsense is closed alone" "胡言乱语的 WebSocket 只关闭它自己";
    Should Plain "upgrade/given-up" "trap 9: some close the session for it" given_up
        "A WebSocket that goes after `3probe` leaves the session on polling"
        "在 `3probe` 之后离开的 WebSocket 让会话留在轮询上";
    Should Plain "upgrade/heartbeat" "trap 2: some lose the heartbeat, or ask at once" heartbeat
        "After an upgrade, the heartbeat goes on at its usual pace"
        "升级之后心跳按原来的节奏继续";
    Must Suite "upgrade/order" "trap 12: what is said meanwhile" order
        "What is echoed during an upgrade comes once, and in order"
        "升级期间的回声不重复、不遗漏、顺序不变";
}

/// A session on polling, if it can be upgraded.
async fn session(talk: &Talk) -> Verdict<Session> {
    if !talk.facts().websocket {
        return skip("this server has no WebSocket", "这个服务器没有启用 WebSocket");
    }
    talk.session().await
}

async fn candidate(session: &Session) -> Verdict<WebSocket> {
    session.talk.upgrade(&format!("{WEBSOCKET}&sid={}", session.open.sid)).await
}

async fn probed(session: &Session) -> Verdict<WebSocket> {
    let mut socket = candidate(session).await?;
    socket.say("2probe").await;
    socket.expect("3probe").await?;
    Ok(socket)
}

async fn upgraded(session: &Session) -> Verdict<WebSocket> {
    let mut socket = probed(session).await?;
    socket.say("5").await;
    Ok(socket)
}

async fn offered(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let upgrades = &session.open.upgrades;
    let offered = upgrades.iter().any(|it| it == "websocket");
    ensure(offered, wire(r#""upgrades":["websocket"]"#), || wire(format!("{upgrades:?}")))
}

async fn probe(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    probed(&session).await.map(drop)
}

async fn noop(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let mut waiting = session.park().await?;
    let _socket = probed(&session).await?;
    let reply = waiting.reply(WAIT).await?;
    status(&reply, &[200])?;
    let wanted = Told::fixed("`6`, a noop", "`6`，即 noop");
    ensure(reply.packets().iter().any(|it| it == "6"), wanted, || answer(&reply))
}

async fn complete(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    upgraded(&session).await?.alive().await
}

async fn poll_again(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let mut waiting = session.park().await?;
    let mut socket = probed(&session).await?;
    waiting.reply(WAIT).await?;
    let mut again = session.park().await?;
    let reply = again.reply(Duration::from_secs(1)).await?;
    status(&reply, &[200])?;
    socket.say("5").await;
    socket.alive().await
}

async fn nothing_lost(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let mut socket = probed(&session).await?;
    session.say(talk.hello()).await?;
    socket.say("5").await;
    socket.expect("40").await?;
    let again: Vec<_> = socket.fence().await?.into_iter().filter(is_connect).collect();
    let wanted = Told::fixed("one answer", "只有一次回应");
    ensure(again.is_empty(), wanted, || told("the answer came twice", "回应来了两次"))
}

fn is_connect(heard: &Heard) -> bool {
    matches!(heard, Heard::Text(text) if text.starts_with("40{"))
}

async fn polling_afterwards(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let mut socket = upgraded(&session).await?;
    // What comes back over the WebSocket shows that the `5` has been read.
    socket.alive().await?;
    refused(&session.get().await?)?;
    socket.fence().await.map(drop)
}

async fn second_afterwards(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let mut socket = upgraded(&session).await?;
    socket.alive().await?;
    closed_or_refused(&session).await?;
    socket.fence().await.map(drop)
}

/// Another WebSocket for the same session is not let in.
async fn closed_or_refused(session: &Session) -> Verdict {
    let talk = &session.talk;
    let request = talk.upgrade_request(&format!("{WEBSOCKET}&sid={}", session.open.sid));
    match talk.try_upgrade(request).await? {
        Opening::Refused(reply) => refused(&reply),
        Opening::Lost => Ok(()),
        Opening::Open(mut other) => {
            other.say("2probe").await;
            other.closed().await.map(drop)
        }
    }
}

async fn two_candidates(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let mut first = probed(&session).await?;
    closed_or_refused(&session).await?;
    first.say("5").await;
    first.alive().await
}

async fn unprobed(talk: Talk) -> Verdict {
    let session = session(&talk).await?;
    let _silent = candidate(&session).await?;
    let quiet = QUIET.min(talk.facts().ping_interval / 2);
    let wanted = || Told::fixed("a GET that waits", "GET 保持等待");
    let mut noops = 0;
    let mut waiting = session.park().await?;
    while let Some(reply) = waiting.peek(quiet).await? {
        status(&reply, &[200])?;
        match &*reply.body {
            b"6" => noops += 1,
            b"2" => session.say("3").await?,
            _ => return fail(wanted(), answer(&reply)),
        }
        let received = told(format!("{noops} noops in a row"), format!("连续 {noops} 个 noop"));
        ensure(noops < 4, wanted(), || received)?;
        waiting = session.park().await?;
    }
    session.say(talk.hello()).await?;
    let reply = waiting.reply(WAIT).await?;
    let message = reply.packets().iter().any(|it| it.starts_with('4'));
    ensure(message, Told::fixed("a message, `4…`", "一条消息 `4…`"), || answer(&reply))
}

async fn garbage(talk: Talk) -> Verdict {
    let mut session = session(&talk).await?;
    let mut socket = candidate(&session).await?;
    socket.say("what is this").await;
    socket.closed().await?;
    session.alive().await
}

async fn given_up(talk: Talk) -> Verdict {
    let mut session = session(&talk).await?;
    probed(&session).await?.cut();
    sleep(QUIET / 2).await;
    session.alive().await
}

async fn heartbeat(talk: Talk) -> Verdict {
    let interval = talk.facts().ping_interval;
    talk.patience(interval)?;
    let session = session(&talk).await?;
    let mut socket = upgraded(&session).await?;
    socket.beats = false;
    let since = Instant::now();
    socket.alive().await?;
    let until = since + interval + talk.facts().ping_timeout + QUIET * 2;
    loop {
        match socket.hear(until.saturating_duration_since(Instant::now())).await {
            Heard::Text(text) if text == "2" => break,
            // What its application says, or a noop that was meant for a GET.
            Heard::Text(text) if text.starts_with(['4', '6']) => {}
            other => return fail(Told::fixed("a ping, `2`", "一个 ping：`2`"), other.told()),
        }
    }
    let took = since.elapsed().as_millis();
    let wanted = told(
        format!("about {} ms until the ping", interval.as_millis()),
        format!("大约 {} 毫秒后收到 ping", interval.as_millis()),
    );
    let received = || told(format!("{took} ms"), format!("{took} 毫秒"));
    ensure(took >= interval.as_millis() / 3, wanted, received)
}

/// Messages that are said while the transport changes.
const MEANWHILE: usize = 15;

async fn order(talk: Talk) -> Verdict {
    let mut session = session(&talk).await?;
    session.join().await?;
    let message = |number: usize| format!("42[\"message\",{number}]");
    let before: Vec<_> = (0..MEANWHILE).map(message).collect();
    session.say(before.join("\u{1E}")).await?;
    let mut socket = probed(&session).await?;
    // Half of them come by polling, if the server has them ready by now.
    let mut heard = echoes(&session.park().await?.reply(WAIT).await?.packets());
    session.say((MEANWHILE..2 * MEANWHILE).map(message).collect::<Vec<_>>().join("\u{1E}")).await?;
    socket.say("5").await;
    for number in 2 * MEANWHILE..3 * MEANWHILE {
        socket.say(&message(number)).await;
    }
    while heard.len() < 3 * MEANWHILE {
        match socket.hear(WAIT).await {
            Heard::Text(text) => heard.extend(echoes(&[text])),
            other => {
                let wanted = Told::fixed("every echo", "每一个回声");
                let (count, shown) = (heard.len(), other.told());
                let en = format!("{count} echoes, then {}", shown.en);
                return fail(wanted, told(en, format!("{count} 个回声，然后是：{}", shown.zh)));
            }
        }
    }
    let expected: Vec<_> = (0..3 * MEANWHILE).collect();
    let shown = format!("{heard:?}");
    ensure(
        heard == expected,
        Told::fixed("0, 1, 2, … in order", "按顺序 0, 1, 2, …"),
        || wire(shown),
    )
}

/// The numbers that came back.
fn echoes(packets: &[String]) -> Vec<usize> {
    let number = |packet: &String| {
        packet.strip_prefix("42[\"message-back\",")?.strip_suffix(']')?.trim().parse().ok()
    };
    packets.iter().filter_map(number).collect()
}
