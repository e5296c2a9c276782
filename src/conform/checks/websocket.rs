//! Sessions on WebSocket alone: one packet to a message.
//!
//! ```text
//!   GET …&transport=websocket   ►  101
//!                               ◄  81 … 0{"sid":"…","upgrades":[],…}
//!   81 82 … 40                  ►
//!                               ◄  81 … 40{"sid":"…"}
//! ```
//!
//! Shell file: talks to a server.

use super::handshake::is_revision_3;
use crate::conform::check::checks;
use crate::conform::lang::{Told, told, wire};
use crate::conform::outcome::{Verdict, ensure, fail, refused, skip};
use crate::conform::talk::{POLLING, Talk, WAIT, WEBSOCKET};
use crate::conform::websocket::{ACCEPT, Heard, Opening};
use crate::load::frame::Kind;

checks! { WebSocket
    Must Plain "websocket/open-packet" "EIO4-HANDSHAKE-2" open_packet
        "A WebSocket begins with an open packet" "WebSocket 以 open 包开始";
    Must Plain "websocket/accept" "RFC 6455, 4.2.2" accept
        "The 101 proves that the key was read" "101 响应证明服务器读取了密钥";
    Should Plain "websocket/no-upgrades" "trap 20: some offer what there already is" no_upgrades
        "A session on WebSocket has nothing better to upgrade to"
        "WebSocket 会话没有更好的传输可以升级";
    Must Plain "websocket/message" "EIO4: 4 is message" message
        "A message is handled, and has its answer" "消息得到处理和回应";
    Must Plain "websocket/no-eio" "EIO4-WS-1" no_eio
        "A WebSocket without `EIO` is no session"
        "缺少 `EIO` 的 WebSocket 没有会话";
    Must Plain "websocket/no-transport" "EIO4-WS-1" no_transport
        "A WebSocket without `transport` is no session"
        "缺少 `transport` 的 WebSocket 没有会话";
    Must Plain "websocket/not-an-upgrade" "as the reference server does" not_an_upgrade
        "A plain GET with `transport=websocket` is refused"
        "带 `transport=websocket` 的普通 GET 被拒绝";
    Should Plain "websocket/no-key" "RFC 6455, 4.2.1" no_key
        "A handshake without a key is refused" "没有密钥的握手被拒绝";
    Should Plain "websocket/polled" "as the reference server does" polled
        "A session on WebSocket cannot be polled" "WebSocket 会话不能用轮询访问";
    Must Plain "websocket/second" "EIO4-WS-3" second
        "A second WebSocket for a session is closed, and the first is not disturbed"
        "同一会话的第二个 WebSocket 被关闭，第一个不受影响";
    Must Plain "websocket/garbage" "EIO4: the packet types are 0 to 6" garbage
        "What is no packet closes the WebSocket" "不是数据包的内容会关闭 WebSocket";
    Must Plain "websocket/fragments" "RFC 6455, 5.4" fragments
        "A message in pieces is one message, also with a ping between them"
        "分片的消息是一条消息，即使中间夹着 ping 帧";
    Must Plain "websocket/lengths" "RFC 6455, 5.2" lengths
        "Lengths of all three spellings are read" "三种长度写法都能读取";
    Must Plain "websocket/control-ping" "RFC 6455, 5.5.2" control_ping
        "A ping of WebSocket itself is answered by the same bytes"
        "WebSocket 自身的 ping 帧得到相同内容的 pong 帧";
    Must Plain "websocket/unmasked" "RFC 6455, 5.1" unmasked
        "A frame that is not masked closes the WebSocket" "没有掩码的帧会关闭 WebSocket";
    Must Plain "websocket/reserved-bits" "RFC 6455, 5.2" reserved_bits
        "A bit that means nothing closes the WebSocket" "使用了保留位的帧会关闭 WebSocket";
    Must Plain "websocket/not-utf-8" "RFC 6455, 8.1" not_utf_8
        "Text that is not UTF-8 closes the WebSocket" "不是 UTF-8 的文本会关闭 WebSocket";
    Must Plain "websocket/long-control" "RFC 6455, 5.5" long_control
        "A ping of more than 125 bytes closes the WebSocket"
        "超过 125 字节的 ping 帧会关闭 WebSocket";
}

async fn open_packet(talk: Talk) -> Verdict {
    talk.upgrade(WEBSOCKET).await?.open_packet().await.map(drop)
}

async fn accept(talk: Talk) -> Verdict {
    let socket = talk.websocket().await?;
    let accept = socket.reply.field("sec-websocket-accept").unwrap_or("(none)").to_owned();
    let wanted = wire(format!("Sec-WebSocket-Accept: {ACCEPT}"));
    ensure(accept == ACCEPT, wanted, || wire(&accept))
}

async fn no_upgrades(talk: Talk) -> Verdict {
    talk.needs_websocket()?;
    let open = talk.upgrade(WEBSOCKET).await?.open_packet().await?;
    let received = || wire(format!("\"upgrades\":{:?}", open.upgrades));
    ensure(open.upgrades.is_empty(), wire("\"upgrades\":[]"), received)
}

async fn message(talk: Talk) -> Verdict {
    talk.websocket().await?.alive().await
}

/// There is no session: refused before the WebSocket is one, or closed behind it.
async fn no_session(talk: &Talk, query: &str) -> Verdict {
    match talk.try_upgrade(talk.upgrade_request(query)).await? {
        Opening::Refused(reply) => refused(&reply),
        Opening::Lost => Ok(()),
        Opening::Open(mut socket) => match socket.hear(WAIT).await {
            // Some write the refusal behind the 101, which is no frame; closed is closed.
            Heard::Closed(_) | Heard::Lost | Heard::Broken(_) => Ok(()),
            other => fail(Told::fixed("no session", "不打开会话"), other.told()),
        },
    }
}

async fn no_eio(talk: Talk) -> Verdict {
    talk.needs_websocket()?;
    let reply = talk.get("transport=polling").await;
    if reply.is_ok_and(|it| is_revision_3(&it)) {
        return skip(
            "this server serves revision 3 as well, and takes it for that",
            "这个服务器也支持第 3 版协议，把它当成了第 3 版",
        );
    }
    no_session(&talk, "transport=websocket").await
}

async fn no_transport(talk: Talk) -> Verdict {
    talk.needs_websocket()?;
    no_session(&talk, "EIO=4").await
}

async fn not_an_upgrade(talk: Talk) -> Verdict {
    refused(&talk.get(WEBSOCKET).await?)
}

async fn no_key(talk: Talk) -> Verdict {
    let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    let request = talk.request("GET", WEBSOCKET, fields, None);
    refused(&talk.ask(request).await?)
}

async fn polled(talk: Talk) -> Verdict {
    talk.needs_websocket()?;
    let mut socket = talk.upgrade(WEBSOCKET).await?;
    let sid = socket.open_packet().await?.sid;
    refused(&talk.get(&format!("{POLLING}&sid={sid}")).await?)?;
    socket.alive().await
}

async fn second(talk: Talk) -> Verdict {
    talk.needs_websocket()?;
    let mut first = talk.upgrade(WEBSOCKET).await?;
    let sid = first.open_packet().await?.sid;
    let request = talk.upgrade_request(&format!("{WEBSOCKET}&sid={sid}"));
    match talk.try_upgrade(request).await? {
        Opening::Refused(reply) => refused(&reply)?,
        Opening::Lost => {}
        Opening::Open(mut second) => {
            second.say("2probe").await;
            second.closed().await?;
        }
    }
    first.alive().await
}

async fn garbage(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say("abc").await;
    socket.closed().await.map(drop)
}

/// A frame that is not the last of its message, or that goes on with one.
fn piece(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x11, 0x22, 0x33, 0x44];
    let mut out = vec![first, 0x80 | u8::try_from(payload.len()).unwrap_or(125)];
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

async fn fragments(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    let hello = talk.hello();
    let (head, rest) = hello.as_bytes().split_at(1);
    let pieces =
        [piece(0x01, head), piece(0x89, b"?"), piece(0x00, b""), piece(0x80, rest)].concat();
    socket.frame(&pieces).await;
    loop {
        match socket.hear(WAIT).await {
            Heard::Pong(_) => {}
            Heard::Text(text) if text.starts_with('4') => return Ok(()),
            other => return fail(Told::fixed("a message, `4…`", "一条消息 `4…`"), other.told()),
        }
    }
}

async fn lengths(talk: Talk) -> Verdict {
    for length in [100, 200, 70_000] {
        if length + 32 > talk.facts().max_payload {
            return Ok(());
        }
        let mut socket = talk.websocket().await?;
        let pad = "x".repeat(length);
        let auth = talk.facts().auth.clone().unwrap_or_else(|| "{}".to_owned());
        let auth = auth.trim_end().trim_end_matches('}');
        let comma = if auth.trim_end().ends_with('{') { "" } else { "," };
        socket.say(&format!("40{auth}{comma}\"pad\":\"{pad}\"}}")).await;
        socket.expect("4").await?;
    }
    Ok(())
}

async fn control_ping(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.put(&[(Kind::Ping, b"are you there")]).await;
    match socket.hear(WAIT).await {
        Heard::Pong(bytes) if bytes == b"are you there" => Ok(()),
        other => {
            let wanted = told("a pong frame, `are you there`", "pong 帧，内容为 `are you there`");
            fail(wanted, other.told())
        }
    }
}

async fn frame_closes(talk: &Talk, bytes: &[u8]) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.frame(bytes).await;
    socket.closed().await.map(drop)
}

async fn unmasked(talk: Talk) -> Verdict {
    frame_closes(&talk, b"\x81\x0240").await
}

async fn reserved_bits(talk: Talk) -> Verdict {
    frame_closes(&talk, &piece(0xC1, b"40")).await
}

async fn not_utf_8(talk: Talk) -> Verdict {
    frame_closes(&talk, &piece(0x81, b"40{\"a\":\"\xC3\x28\"}")).await
}

async fn long_control(talk: Talk) -> Verdict {
    let mut bytes = vec![0x89, 0xFE, 0, 126, 0, 0, 0, 0];
    bytes.extend([0; 126]);
    frame_closes(&talk, &bytes).await
}
