//! Into a namespace, or not.
//!
//! ```text
//!   40                ►  40{"sid":"…"}
//!   40{"token":"t"}   ►  40{"sid":"…"}
//!   40/nobody,        ►  44/nobody,{"message":"Invalid namespace"}
//!   42["too early"]   ►  the connection is closed
//! ```
//!
//! Shell file: talks to a server.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::conform::check::checks;
use crate::conform::lang::{Told, wire};
use crate::conform::outcome::{Verdict, ensure, fail, skip};
use crate::conform::talk::{Talk, WEBSOCKET};
use crate::conform::websocket::Heard;

checks! { Connect
    Must Plain "connect/main" "SIO5-CONNECT-2" main
        "`40` is answered by `40{\"sid\":…}`" "`40` 得到 `40{\"sid\":…}`";
    Must Plain "connect/polling" "SIO5-CONNECT-2" polling
        "On long-polling, `40` is answered as well"
        "长轮询上，`40` 同样得到回应";
    Should Plain "connect/own-id" "trap 39: some show everybody the session's secret" own_id
        "A socket's id is not the session's" "socket 的 id 不是会话的 sid";
    Must Plain "connect/auth" "SIO5-CONNECT-1" auth
        "A client may say who it is" "客户端可以附带身份信息";
    Must Suite "connect/auth-arrives" "SIO5-CONNECT-1" auth_arrives
        "What a client says of itself arrives, and is `{}` if it says nothing"
        "客户端的身份信息会到达服务器；没有则为 `{}`";
    Must Plain "connect/unknown-namespace" "SIO5-CONNECT-3" unknown
        "A namespace that nobody has is refused, and the client told"
        "不存在的命名空间被拒绝，并告知客户端";
    Should Plain "connect/refusal" "trap 31: some send bare text, which clients reject" refusal
        "A refusal is an object with a `message`" "拒绝的内容是带 `message` 的对象";
    Must Plain "connect/after-refusal" "SIO5-CONNECT-3" after_refusal
        "Whoever was refused may join another namespace" "被拒绝之后仍可加入其他命名空间";
    Must Plain "connect/event-first" "SIO5-CONNECT-4" event_first
        "An event before any CONNECT closes the connection" "CONNECT 之前的事件会关闭连接";
    Must Plain "connect/disconnect-first" "SIO5-CONNECT-4" disconnect_first
        "A DISCONNECT before any CONNECT closes the connection"
        "CONNECT 之前的 DISCONNECT 会关闭连接";
    Must Plain "connect/ack-first" "SIO5-CONNECT-4" ack_first
        "An ACK before any CONNECT closes the connection"
        "CONNECT 之前的 ACK 会关闭连接";
    Should Plain "connect/twice" "trap 32: some ignore it, some refuse it" twice
        "A second CONNECT closes the connection" "第二次 CONNECT 会关闭连接";
    Should Plain "connect/auth-array" "trap 31: some take it as it is" auth_array
        "`40[]` is no CONNECT" "`40[]` 不是合法的 CONNECT";
    Should Plain "connect/auth-text" "trap 31: some take it as it is" auth_text
        "`40\"s\"` is no CONNECT" "`40\"s\"` 不是合法的 CONNECT";
    Ours Plain "connect/auth-null" "trap 31: many take it as it is" auth_null
        "`40null` is no CONNECT" "`40null` 不是合法的 CONNECT";
    Must Plain "connect/auth-broken" "trap 31: one says yes, and calls no handler" auth_broken
        "`40{` is no CONNECT" "`40{` 不是合法的 CONNECT";
    Should Plain "connect/auth-array-elsewhere" "trap 31: some take it as it is" auth_elsewhere
        "`40/nobody,[]` is no CONNECT" "`40/nobody,[]` 不是合法的 CONNECT";
    Should Plain "connect/ack-id" "all the others take it" ack_id
        "`401` is a CONNECT" "`401` 是合法的 CONNECT";
    Ours Plain "connect/event-behind" "some close, since they are not ready yet" event_behind
        "An event right behind the CONNECT is taken" "紧跟 CONNECT 的事件会被接受";
    Should Plain "connect/timeout" "trap 13: some keep whoever joins nothing" never
        "Whoever joins no namespace is closed in time" "不加入任何命名空间的客户端会被按时关闭";
}

/// What is behind `40` or `44` and the namespace.
fn payload(packet: &str, start: &str) -> Value {
    serde_json::from_str(packet.strip_prefix(start).unwrap_or_default()).unwrap_or_default()
}

fn has_id(packet: &str) -> Verdict {
    let id = payload(packet, "40")["sid"].as_str().is_some_and(|it| !it.is_empty());
    ensure(id, wire("40{\"sid\":\"…\"}"), || wire(packet))
}

async fn main(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&talk.hello()).await;
    has_id(&socket.expect("40").await?)
}

async fn polling(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.say(talk.hello()).await?;
    has_id(&session.hear("40").await?)
}

async fn own_id(talk: Talk) -> Verdict {
    talk.needs_websocket()?;
    let mut socket = talk.upgrade(WEBSOCKET).await?;
    let secret = socket.open_packet().await?.sid;
    socket.say(&talk.hello()).await;
    let packet = socket.expect("40").await?;
    let wanted = Told::fixed("an id of its own", "独立的 id");
    ensure(!packet.contains(&secret), wanted, || wire(&packet))
}

async fn auth(talk: Talk) -> Verdict {
    if talk.facts().auth.is_some() {
        return skip("this server wants what --auth says", "这个服务器需要 --auth 给出的内容");
    }
    let mut socket = talk.websocket().await?;
    socket.say(r#"40{"token":"123"}"#).await;
    has_id(&socket.expect("40").await?)
}

async fn auth_arrives(talk: Talk) -> Verdict {
    for (said, heard) in [("", "{}"), (r#"{"token":"1","deep":{"list":[1,null]}}"#, "")] {
        let mut socket = talk.websocket().await?;
        socket.say(&format!("40{said}")).await;
        socket.expect("40{").await?;
        let packet = socket.expect("42").await?;
        let heard = if heard.is_empty() { said } else { heard };
        let wanted = format!("[\"auth\",{heard}]");
        let same = payload(&packet, "42") == payload(&wanted, "");
        ensure(same, wire(format!("42{wanted}")), || wire(&packet))?;
    }
    Ok(())
}

const NOBODY: &str = "/conform-nobody-has-this,";

async fn unknown(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&format!("40{NOBODY}")).await;
    socket.expect(&format!("44{NOBODY}")).await.map(drop)
}

async fn refusal(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&format!("40{NOBODY}")).await;
    let start = format!("44{NOBODY}");
    let packet = socket.expect(&start).await?;
    let wanted = wire(format!("{start}{{\"message\":\"Invalid namespace\"}}"));
    ensure(payload(&packet, &start)["message"].is_string(), wanted, || wire(&packet))
}

async fn after_refusal(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&format!("40{NOBODY}")).await;
    socket.expect(&format!("44{NOBODY}")).await?;
    socket.say(&talk.hello()).await;
    has_id(&socket.expect("40").await?)
}

/// Says something before it has joined, or where it joins: the connection is closed.
async fn closes(talk: &Talk, packet: &str) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(packet).await;
    socket.closed().await.map(drop)
}

async fn event_first(talk: Talk) -> Verdict {
    closes(&talk, "42[\"message\"]").await
}

async fn disconnect_first(talk: Talk) -> Verdict {
    closes(&talk, "41").await
}

async fn ack_first(talk: Talk) -> Verdict {
    closes(&talk, "431[]").await
}

async fn twice(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(&talk.hello()).await;
    socket.closed().await.map(drop)
}

async fn auth_array(talk: Talk) -> Verdict {
    closes(&talk, "40[]").await
}

async fn auth_text(talk: Talk) -> Verdict {
    closes(&talk, "40\"s\"").await
}

async fn auth_null(talk: Talk) -> Verdict {
    closes(&talk, "40null").await
}

async fn auth_broken(talk: Talk) -> Verdict {
    closes(&talk, "40{").await
}

async fn auth_elsewhere(talk: Talk) -> Verdict {
    closes(&talk, &format!("40{NOBODY}[]")).await
}

async fn ack_id(talk: Talk) -> Verdict {
    if talk.facts().auth.is_some() {
        return skip("this server wants what --auth says", "这个服务器需要 --auth 给出的内容");
    }
    let mut socket = talk.websocket().await?;
    socket.say("401").await;
    has_id(&socket.expect("40").await?)
}

async fn event_behind(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say_all(&[&talk.hello(), "42[\"conform-nobody-listens\"]"]).await;
    socket.expect("40{").await?;
    socket.fence().await.map(drop)
}

async fn never(talk: Talk) -> Verdict {
    // The cooperating server has one second for it; others have the reference server's 45.
    let wait = Duration::from_secs(if talk.facts().suite { 4 } else { 50 });
    talk.patience(wait)?;
    let mut socket = talk.websocket().await?;
    let until = Instant::now() + wait;
    loop {
        match socket.hear(until.saturating_duration_since(Instant::now())).await {
            Heard::Closed(_) | Heard::Lost => return Ok(()),
            // Some say goodbye first.
            Heard::Text(_) => {}
            other => {
                let wanted = Told::fixed("the WebSocket is closed", "WebSocket 被关闭");
                return fail(wanted, other.told());
            }
        }
    }
}
