//! Ways to end a session.
//!
//! ```text
//!   POST …&sid=s  1    ►  ok, and the GET that waits is answered: 6 or 1
//!   GET  …&sid=s       ►  400
//!   88 82 …03 E8       ►  88 02 03 E8         over WebSocket, a close frame for a close frame
//! ```
//!
//! Shell file: talks to a server.

use crate::conform::check::checks;
use crate::conform::lang::Told;
use crate::conform::outcome::{Verdict, answer, ensure, fail, status};
use crate::conform::talk::{Talk, WAIT};
use crate::conform::websocket::Heard;
use crate::load::frame::Kind;

checks! { Close
    Must Plain "close/polling" "EIO4: 1 is close" polling
        "A client that says `1` in a POST has left" "客户端在 POST 里发送 `1` 就是离开";
    Should Plain "close/polling-released" "EIO4: 1 is close" released
        "When a client leaves, its GET that waits is answered by `6` or `1`"
        "客户端离开时，它等待中的 GET 得到 `6` 或 `1`";
    Should Plain "close/websocket-packet" "EIO4: 1 is close" websocket_packet
        "A client that says `1` on a WebSocket has left" "客户端在 WebSocket 上发送 `1` 就是离开";
    Must Plain "close/websocket-frame" "RFC 6455, 5.5.1" websocket_frame
        "A close frame is answered by a close frame" "关闭帧得到关闭帧的回应";
    Should Plain "close/with-a-frame" "trap 27: some hang up without a close frame" with_a_frame
        "A server that closes a WebSocket says so by a close frame"
        "服务器关闭 WebSocket 时先发送关闭帧";
    Should Plain "close/later-packets" "as the reference server does" later_packets
        "What stands behind `1` in a POST is not handled" "POST 中 `1` 之后的内容不再处理";
}

async fn polling(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    session.say("1").await?;
    session.gone().await
}

async fn released(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let mut waiting = session.park().await?;
    session.say("1").await?;
    let reply = waiting.reply(WAIT).await?;
    status(&reply, &[200])?;
    let goodbye = reply.packets().iter().any(|it| it == "6" || it == "1");
    ensure(goodbye, Told::fixed("`6` or `1`", "`6` 或 `1`"), || answer(&reply))
}

async fn websocket_packet(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say("1").await;
    socket.closed().await.map(drop)
}

async fn websocket_frame(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.put(&[(Kind::Close, &1000_u16.to_be_bytes())]).await;
    match socket.closed().await? {
        Heard::Closed(_) => Ok(()),
        other => fail(Told::fixed("a close frame", "一个关闭帧"), other.told()),
    }
}

async fn with_a_frame(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    // What is no packet gives the server a reason to close.
    socket.say("abc").await;
    match socket.closed().await? {
        Heard::Closed(_) => Ok(()),
        other => fail(Told::fixed("a close frame", "一个关闭帧"), other.told()),
    }
}

async fn later_packets(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let mut waiting = session.park().await?;
    session.post(format!("1\u{1E}{}", talk.hello())).await?;
    let reply = waiting.reply(WAIT).await?;
    let message = reply.packets().iter().any(|it| it.starts_with('4'));
    ensure(!message, Told::fixed("no message any more", "不再有消息"), || answer(&reply))
}
