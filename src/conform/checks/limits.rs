//! As much as was said in the handshake, and no more.
//!
//! ```text
//!   0{…"maxPayload":1000000}
//!   POST of 1,000,000 bytes      ►  ok
//!   POST of 1,000,001 bytes      ►  413, and the server is well
//!   WebSocket, 1,000,001 bytes   ►  88 … 03 F1, which is 1009
//! ```
//!
//! Shell file: talks to a server.

use crate::conform::check::checks;
use crate::conform::lang::{Told, told};
use crate::conform::outcome::{Verdict, ensure, fail, refused, silence, skip, status};
use crate::conform::pipe::End;
use crate::conform::talk::{TEXT, Talk, WAIT};
use crate::conform::websocket::Heard;
use crate::load::frame::Kind;

checks! { Robust
    Should Plain "limits/post-at-limit" "EIO4-ENCODING-2" post_at
        "A POST as long as maxPayload is taken" "长度等于 maxPayload 的 POST 会被接受";
    Must Plain "limits/post-beyond" "EIO4-ENCODING-2" post_beyond
        "A POST longer than maxPayload is not taken"
        "超过 maxPayload 的 POST 不会被接受";
    Should Plain "limits/post-announced" "trap 14: refused before it is read" announced
        "A POST that is announced to be huge is refused before it comes"
        "声明长度巨大的 POST 在内容到达之前就被拒绝";
    Should Plain "limits/post-chunked" "trap 14: also while it streams" chunked
        "A POST without a length is not read without end"
        "没有长度的 POST 不会被无限读取";
    Should Plain "limits/websocket-at-limit" "EIO4-ENCODING-2" websocket_at
        "A message as long as maxPayload is taken" "长度等于 maxPayload 的消息会被接受";
    Must Plain "limits/websocket-beyond" "some say one limit, and have another" websocket_beyond
        "A message longer than maxPayload closes the WebSocket"
        "超过 maxPayload 的消息会关闭 WebSocket";
    Must Plain "limits/fragments-beyond" "some say one limit, and have another" fragments_beyond
        "A message that is longer in pieces closes the WebSocket"
        "分片之后总长超限的消息会关闭 WebSocket";
    Should Plain "limits/frame-announced" "RFC 6455, 10.4" frame_announced
        "A frame that is announced to be huge closes the WebSocket at once"
        "声明长度巨大的帧会立刻关闭 WebSocket";
    Ours Suite "limits/poll-body" "trap 6: what does not fit waits for the next GET" poll_body
        "Answers to GETs are not longer than maxPayload, and nothing is lost"
        "GET 的响应体不超过 maxPayload，并且不丢失内容";
}

/// Bytes that a check sends at most.
const AFFORDABLE: usize = 16 << 20;

/// The limit that the server has told.
fn limit(talk: &Talk) -> Verdict<usize> {
    let limit = talk.facts().max_payload;
    if !(100..=AFFORDABLE).contains(&limit) {
        return skip(
            "its maxPayload is larger than what a check sends",
            "它的 maxPayload 超过了检查所能发送的大小",
        );
    }
    Ok(limit)
}

/// A message of so many bytes, of which one is its type.
fn message(talk: &Talk, bytes: usize) -> String {
    let auth = talk.facts().auth.as_deref().unwrap_or("{}").trim_end();
    let auth = auth.trim_end_matches('}');
    let comma = if auth.trim_end().ends_with('{') { "" } else { "," };
    let head = format!("40{auth}{comma}\"pad\":\"");
    let pad = bytes.saturating_sub(head.len() + 2);
    format!("{head}{}\"}}", "x".repeat(pad))
}

async fn post_at(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let session = talk.session().await?;
    status(&session.post(message(&talk, limit)).await?, &[200])
}

/// Refused in words, or by hanging up.
fn not_taken(end: End) -> Verdict {
    match end {
        End::Reply(reply) => refused(&reply),
        End::Lost => Ok(()),
        End::Silence => fail(
            Told::fixed("a refusal, or the end of the connection", "拒绝，或者断开连接"),
            silence(),
        ),
    }
}

async fn post_beyond(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let session = talk.session().await?;
    let body = message(&talk, limit + 1);
    let request = talk.request("POST", &session.query(), TEXT, Some(body.as_bytes()));
    not_taken(talk.begin(request).await?.end(WAIT).await?)
}

async fn announced(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let fields = format!("{TEXT}Content-Length: 9999999999\r\n");
    let request = talk.request("POST", &session.query(), &fields, None);
    not_taken(talk.begin(request).await?.end(WAIT).await?)
}

async fn chunked(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let session = talk.session().await?;
    let fields = format!("{TEXT}Transfer-Encoding: chunked\r\n");
    let mut request = talk.request("POST", &session.query(), &fields, None);
    let chunk = 10_000;
    for _ in 0..=limit / chunk + 20 {
        request.extend(format!("{chunk:x}\r\n").bytes());
        request.extend(std::iter::repeat_n(b'3', chunk));
        request.extend(b"\r\n");
    }
    // No last chunk: it could go on for ever.
    not_taken(talk.begin(request).await?.end(WAIT).await?)
}

async fn websocket_at(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let mut socket = talk.websocket().await?;
    socket.say(&message(&talk, limit)).await;
    socket.expect("4").await.map(drop)
}

async fn websocket_beyond(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let mut socket = talk.websocket().await?;
    // Far enough beyond that nobody counts differently.
    socket.say(&message(&talk, limit + limit / 10 + 16)).await;
    socket.closed().await.map(drop)
}

async fn fragments_beyond(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let mut socket = talk.websocket().await?;
    let text = message(&talk, limit + limit / 10 + 16);
    let mut out = Vec::new();
    for (number, piece) in text.as_bytes().chunks(limit / 3).enumerate() {
        let from = out.len();
        let kind = if number == 0 { Kind::Text } else { Kind::More };
        crate::load::frame::put(&mut out, kind, piece);
        if let Some(first) = out.get_mut(from) {
            *first &= 0x7F;
        }
    }
    crate::load::frame::put(&mut out, Kind::More, b"");
    socket.frame(&out).await;
    socket.closed().await.map(drop)
}

async fn frame_announced(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.frame(&[0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]).await;
    match socket.closed().await? {
        Heard::Closed(_) | Heard::Lost => Ok(()),
        other => fail(Told::fixed("the WebSocket is closed", "WebSocket 被关闭"), other.told()),
    }
}

async fn poll_body(talk: Talk) -> Verdict {
    let limit = limit(&talk)?;
    let mut session = talk.session().await?;
    session.join().await?;
    let pad = "x".repeat(limit * 2 / 5);
    for number in 0..4 {
        session.say(format!("42[\"message\",{number},\"{pad}\"]")).await?;
    }
    for number in 0..4 {
        session.hear(&format!("42[\"message-back\",{number},")).await?;
        let longest = session.longest();
        ensure(
            longest <= limit,
            told(format!("bodies of at most {limit} bytes"), format!("响应体最多 {limit} 字节")),
            || told(format!("one of {longest} bytes"), format!("有一个 {longest} 字节")),
        )?;
    }
    Ok(())
}
