//! Events with attachments: a text with places in it, then the bytes.
//!
//! ```text
//!   451-["message",{"_placeholder":true,"num":0}]   ►
//!   ⟨01 02 03⟩                                      ►
//!                         ◄  451-["message-back",{"_placeholder":true,"num":0}]
//!                         ◄  ⟨01 02 03⟩
//!   on long-polling the bytes are `bAQID`
//! ```
//!
//! Shell file: talks to a server.

use serde_json::Value;

use crate::conform::check::checks;
use crate::conform::lang::wire;
use crate::conform::outcome::{Verdict, ensure};
use crate::conform::talk::{Talk, WAIT};
use crate::conform::websocket::WebSocket;

checks! { Binary
    Must Suite "binary/echo" "SIO5: 5 is BINARY_EVENT" echo
        "An event with an attachment comes back with it" "带附件的事件连同附件一起返回";
    Must Suite "binary/several" "SIO5: 5 is BINARY_EVENT" several
        "Several attachments may be anywhere in the data"
        "多个附件可以在数据的任何位置";
    Must Suite "binary/empty" "SIO5: 5 is BINARY_EVENT" empty
        "An attachment may be empty" "附件可以为空";
    Must Suite "binary/ack" "SIO5-ACK-2" ack
        "An answer may have attachments" "应答也可以带附件";
    Must Suite "binary/polling" "EIO4-ENCODING-1" polling
        "On long-polling bytes are base64, each in a packet of its own"
        "长轮询上字节用 base64 编码，各自是一个数据包";
    Must Suite "binary/polling-parked" "trap 5: some glue head and bytes together" polling_parked
        "A GET that waited brings head and bytes, each a packet"
        "等待中的 GET 带回头部和字节，各自是一个数据包";
    Should Plain "binary/unknown" "as the reference server does" unknown
        "A binary event that nobody listens to harms nobody"
        "没有人监听的二进制事件不会造成影响";
    Should Plain "binary/pong-between" "heartbeats are beside it" pong_between
        "A pong may come between head and bytes" "头部和字节之间可以有 pong";
    Must Plain "binary/text-between" "trap 33: some lose the packet and go on" text_between
        "A message between head and bytes closes the connection"
        "头部和字节之间的消息会关闭连接";
    Must Plain "binary/stray" "trap 33: some only log it" stray
        "Bytes that belong to nothing close the connection" "不属于任何数据包的字节会关闭连接";
    Must Plain "binary/stray-polling" "trap 33: some only log it" stray_polling
        "On long-polling, bytes that belong to nothing close the session"
        "长轮询上，不属于任何数据包的字节会关闭会话";
    Should Plain "binary/eleven" "trap 33: ten is the reference server's limit" eleven
        "More attachments than ten close the connection" "超过十个附件会关闭连接";
    Should Plain "binary/none" "trap 33: none is no number of attachments" none
        "`450-` closes the connection" "`450-` 会关闭连接";
    Must Plain "binary/no-count" "SIO5: 5 is BINARY_EVENT" no_count
        "A binary head without a count closes the connection"
        "没有附件数量的头部会关闭连接";
    Should Plain "binary/wrong-number" "trap 33: placeholders of nothing" wrong_number
        "A placeholder for an attachment that is not there closes the connection"
        "占位符指向不存在的附件会关闭连接";
    Should Plain "binary/negative-number" "trap 33: placeholders of nothing" negative_number
        "A placeholder with a negative number closes the connection"
        "编号为负的占位符会关闭连接";
}

/// Says it with its bytes, and wants the same back under another name.
async fn returned(talk: &Talk, args: &str, attachments: &[&[u8]]) -> Verdict {
    let mut socket = talk.joined().await?;
    let count = attachments.len();
    say(&mut socket, &format!("45{count}-[\"message\",{args}]"), attachments).await;
    let start = format!("45{count}-");
    let head = socket.expect(&start).await?;
    let wanted = format!("[\"message-back\",{args}]");
    same(&head, &start, &wanted)?;
    for bytes in attachments {
        socket.expect_bytes(bytes).await?;
    }
    Ok(())
}

async fn say(socket: &mut WebSocket, head: &str, attachments: &[&[u8]]) {
    socket.say(head).await;
    for bytes in attachments {
        socket.say_bytes(bytes).await;
    }
}

fn same(packet: &str, start: &str, wanted: &str) -> Verdict {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let found = packet.strip_prefix(start).and_then(json);
    ensure(found.is_some() && found == json(wanted), wire(format!("{start}{wanted}")), || {
        wire(packet)
    })
}

const PLACE: &str = r#"{"_placeholder":true,"num":0}"#;

async fn echo(talk: Talk) -> Verdict {
    returned(&talk, PLACE, &[&[1, 2, 3]]).await
}

async fn several(talk: Talk) -> Verdict {
    let args = r#"1,{"deep":[{"_placeholder":true,"num":0},"x"]},{"_placeholder":true,"num":1}"#;
    returned(&talk, args, &[&[0xFF, 0, 0x1E], &[4; 3000]]).await
}

async fn empty(talk: Talk) -> Verdict {
    returned(&talk, PLACE, &[&[]]).await
}

async fn ack(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    let head = format!("451-7[\"message-with-ack\",{PLACE}]");
    say(&mut socket, &head, &[&[1, 2, 3]]).await;
    let head = socket.expect("46").await?;
    same(&head, "461-7", &format!("[{PLACE}]"))?;
    socket.expect_bytes(&[1, 2, 3]).await
}

async fn polling(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.join().await?;
    session.say(format!("451-[\"message\",{PLACE}]\u{1E}bAQIDBA==")).await?;
    let head = session.hear("45").await?;
    same(&head, "451-", &format!("[\"message-back\",{PLACE}]"))?;
    session.hear("bAQIDBA==").await.map(drop)
}

async fn polling_parked(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.join().await?;
    let mut waiting = session.park().await?;
    session.say(format!("451-[\"message\",{PLACE}]\u{1E}bAQIDBA==")).await?;
    let reply = waiting.reply(WAIT).await?;
    session.put_back(reply.packets());
    let head = session.hear("45").await?;
    same(&head, "451-", &format!("[\"message-back\",{PLACE}]"))?;
    session.hear("bAQIDBA==").await.map(drop)
}

async fn unknown(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    say(&mut socket, &format!("451-[\"conform-nobody-listens\",{PLACE}]"), &[&[1]]).await;
    socket.fence().await.map(drop)
}

async fn pong_between(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(&format!("451-[\"conform-nobody-listens\",{PLACE}]")).await;
    socket.say("3").await;
    socket.say_bytes(&[1]).await;
    socket.fence().await.map(drop)
}

/// The connection is closed, at the head or at the bytes behind it.
async fn closes(talk: &Talk, head: &str, attachments: &[&[u8]]) -> Verdict {
    let mut socket = talk.joined().await?;
    say(&mut socket, head, attachments).await;
    socket.closed().await.map(drop)
}

async fn text_between(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(&format!("451-[\"conform-nobody-listens\",{PLACE}]")).await;
    socket.say("42[\"conform-nobody-listens\"]").await;
    socket.closed().await.map(drop)
}

async fn stray(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say_bytes(&[1, 2, 3]).await;
    socket.closed().await.map(drop)
}

async fn stray_polling(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.join().await?;
    session.post("bAQIDBA==").await?;
    session.gone().await
}

async fn eleven(talk: Talk) -> Verdict {
    closes(&talk, "4511-[\"conform-nobody-listens\"]", &[&[1][..]; 11]).await
}

async fn none(talk: Talk) -> Verdict {
    closes(&talk, "450-[\"conform-nobody-listens\"]", &[]).await
}

async fn no_count(talk: Talk) -> Verdict {
    closes(&talk, &format!("45[\"conform-nobody-listens\",{PLACE}]"), &[&[1]]).await?;
    closes(&talk, &format!("45-[\"conform-nobody-listens\",{PLACE}]"), &[&[1]]).await
}

async fn wrong_number(talk: Talk) -> Verdict {
    let place = r#"{"_placeholder":true,"num":5}"#;
    closes(&talk, &format!("451-[\"conform-nobody-listens\",{place}]"), &[&[1]]).await
}

async fn negative_number(talk: Talk) -> Verdict {
    let place = r#"{"_placeholder":true,"num":-1}"#;
    closes(&talk, &format!("451-[\"conform-nobody-listens\",{place}]"), &[&[1]]).await
}
