//! What nobody in his right mind sends.
//!
//! ```text
//!   GET / HTTP/1.1 with two lengths, a TLS greeting, 100 KB of path
//!   42["x",[[[[[[[[[[…20,000 deep…
//!   459999999999-["x"]
//! ```
//!
//! After each of these the server is asked whether it is there still: one that dies has failed,
//! whatever it said before. These are asked last, and one after the other.
//!
//! Shell file: talks to a server.

use crate::conform::check::checks;
use crate::conform::lang::Told;
use crate::conform::outcome::{Verdict, answer, ensure, fail, refused, silence};
use crate::conform::pipe::End;
use crate::conform::talk::{POLLING, QUIET, TEXT, Talk, WAIT};
use crate::conform::websocket::{Heard, WebSocket};
use crate::load::frame::Kind;

checks! { Robust
    Must Plain "hostile/not-http" "a port hears everything" not_http
        "Bytes that are not HTTP end, and harm nobody" "不是 HTTP 的字节会被断开，不造成影响";
    Should Plain "hostile/no-host" "RFC 9112, 3.2" no_host
        "A request without a host is refused" "没有 Host 的请求被拒绝";
    Must Plain "hostile/two-lengths" "RFC 9112, 6.3" two_lengths
        "A body with two lengths is refused" "有两个不同长度的请求体被拒绝";
    Should Plain "hostile/long-url" "some read without end" long_url
        "A URL of 100 KB is refused" "100 KB 的 URL 被拒绝";
    Should Plain "hostile/long-head" "some read without end" long_head
        "A head of 1 MB is refused" "1 MB 的请求头被拒绝";
    Must Plain "hostile/half-requests" "clients vanish" half_requests
        "Requests that break off harm nobody" "中途断开的请求不造成影响";
    Must Plain "hostile/every-start" "trap 29: never a panic" every_start
        "Every start of a valid packet has a defined end" "有效数据包的每一个前缀都有明确的结果";
    Must Plain "hostile/every-slip" "trap 29: never a panic" every_slip
        "A valid packet with one wrong letter anywhere has a defined end"
        "有效数据包的任意位置写错一个字符，都有明确的结果";
    Must Plain "hostile/odd-packets" "trap 29: never a panic" odd_packets
        "Odd packets of one or two bytes have a defined end" "一两个字节的古怪数据包都有明确的结果";
    Must Plain "hostile/odd-bodies" "trap 29: never a panic" odd_bodies
        "Odd bodies have a defined end" "古怪的请求体都有明确的结果";
    Must Plain "hostile/huge-count" "trap 33: room for what never comes" huge_count
        "A head that announces billions of attachments closes the connection"
        "声明数十亿个附件的头部会关闭连接";
    Must Plain "hostile/javascript-names" "names are keys of no object" javascript_names
        "Events named like parts of JavaScript harm nobody"
        "以 JavaScript 特殊名字命名的事件不造成影响";
    Must Plain "hostile/many-namespaces" "each may cost something" many_namespaces
        "500 refused namespaces harm nobody" "五百次被拒绝的命名空间不造成影响";
    Must Plain "hostile/many-pings" "RFC 6455, 5.5.2" many_pings
        "A thousand pings of WebSocket harm nobody" "一千个 WebSocket ping 帧不造成影响";
    Must Plain "hostile/many-fragments" "RFC 6455, 5.4" many_fragments
        "A message of ten thousand pieces harms nobody" "一万个分片的消息不造成影响";
    Must Plain "hostile/huge-array" "trap 35: bounded time and memory" huge_array
        "An array of all the zeros that fit harms nobody" "塞满零的巨大数组不造成影响";
    Must Plain "hostile/huge-key" "trap 35: bounded time and memory" huge_key
        "A key of JSON as long as fits harms nobody"
        "长到极限的键名不造成影响";
    Must Plain "hostile/deep-auth" "trap 35: bounded time and memory" deep_auth
        "A CONNECT 20,000 levels deep harms nobody" "嵌套两万层的 CONNECT 不造成影响";
    Must Plain "hostile/deep-event" "trap 35: bounded time and memory" deep_event
        "An event 20,000 levels deep harms nobody" "嵌套两万层的事件不造成影响";
    Must Suite "hostile/deep-echo" "trap 35: the reference server dies of it" deep_echo
        "An event 20,000 levels deep that is echoed harms nobody"
        "嵌套两万层并被返回的事件不造成影响";
}

async fn not_http(talk: Talk) -> Verdict {
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03 not TLS either\r\n\r\n"[..],
        b"\x00\x00\x00\x00\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let wanted = Told::fixed("a refusal, or the end of the connection", "拒绝，或者断开连接");
        match talk.begin(bytes.to_vec()).await?.end(WAIT).await? {
            End::Reply(reply) => ensure(reply.status >= 400, wanted, || answer(&reply))?,
            End::Lost => {}
            End::Silence => return fail(wanted, silence()),
        }
    }
    Ok(())
}

/// Refused, or cut off.
async fn turned_away(talk: &Talk, request: Vec<u8>) -> Verdict {
    match talk.begin(request).await?.end(WAIT).await? {
        End::Reply(reply) => refused(&reply),
        End::Lost => Ok(()),
        End::Silence => fail(Told::fixed("a refusal", "拒绝"), silence()),
    }
}

async fn no_host(talk: Talk) -> Verdict {
    let path = talk.path();
    turned_away(&talk, format!("GET {path}?{POLLING} HTTP/1.1\r\n\r\n").into()).await
}

async fn two_lengths(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let fields = format!("{TEXT}Content-Length: 3\r\n");
    turned_away(&talk, talk.request("POST", &session.query(), &fields, Some(b"40"))).await
}

async fn long_url(talk: Talk) -> Verdict {
    let query = format!("{POLLING}&x={}", "x".repeat(100_000));
    turned_away(&talk, talk.request("GET", &query, "", None)).await
}

async fn long_head(talk: Talk) -> Verdict {
    let fields = format!("X: {}\r\n", "x".repeat(1 << 20));
    turned_away(&talk, talk.request("GET", POLLING, &fields, None)).await
}

async fn half_requests(talk: Talk) -> Verdict {
    let whole = talk.request("GET", POLLING, "", None);
    for length in [1, whole.len() / 2, whole.len() - 1] {
        talk.begin(whole.get(..length).unwrap_or_default().to_vec()).await?.cut().await;
    }
    let session = talk.session().await?;
    let mut post = talk.request("POST", &session.query(), TEXT, Some(b"40"));
    post.pop();
    talk.begin(post).await?.cut().await;
    Ok(())
}

/// Whatever comes of it, the connection closes or goes on: it does not just hang.
async fn defined(mut socket: WebSocket, packet: &str) -> Verdict {
    socket.say(packet).await;
    // One fence more, since the first may be taken for a part of what was broken.
    for _ in 0..2 {
        socket.say("40/conform-after,").await;
    }
    loop {
        match socket.hear(WAIT).await {
            Heard::Text(text)
                if text.get(2..).is_some_and(|it| it.starts_with("/conform-after,")) =>
            {
                return Ok(());
            }
            Heard::Closed(_) | Heard::Lost => return Ok(()),
            other @ (Heard::Silence | Heard::Broken(_)) => {
                let wanted = Told::fixed("an answer, or the end", "有回应，或者关闭连接");
                return fail(wanted, other.told());
            }
            Heard::Text(_) | Heard::Binary(_) | Heard::Pong(_) => {}
        }
    }
}

/// A packet with a bit of everything.
const PACKET: &str = r#"451-12["conform",{"_placeholder":true,"num":0}]"#;

async fn every_start(talk: Talk) -> Verdict {
    for length in 1..=PACKET.len() {
        defined(talk.joined().await?, PACKET.get(..length).unwrap_or_default()).await?;
    }
    Ok(())
}

async fn every_slip(talk: Talk) -> Verdict {
    for at in 0..PACKET.len() {
        for slip in ["9", "-", "é"] {
            let mut packet = PACKET.to_owned();
            packet.replace_range(at..=at, slip);
            defined(talk.joined().await?, &packet).await?;
        }
    }
    Ok(())
}

async fn odd_packets(talk: Talk) -> Verdict {
    for packet in [
        "", "0", "5", "6", "7", "b", "é", "4é", "4", "4\0", "2probe", "3probe", "40/", "44", "世界",
    ] {
        defined(talk.websocket().await?, packet).await?;
    }
    Ok(())
}

async fn odd_bodies(talk: Talk) -> Verdict {
    for body in ["b", "bA", "b====", "4", "0", "5", "6", "2probe", "é", "世界", "3:40", "\u{1E}40"]
    {
        let reply = talk.session().await?.post(body).await?;
        let wanted = Told::fixed("an answer below 500", "低于 500 的状态码");
        ensure(reply.status < 500, wanted, || answer(&reply))?;
    }
    Ok(())
}

async fn huge_count(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("459999999999-[\"conform-nobody-listens\"]").await;
    socket.closed().await.map(drop)
}

async fn javascript_names(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    for name in ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", ""] {
        socket.say(&format!("42[\"{name}\",{{\"__proto__\":{{\"x\":1}}}}]")).await;
    }
    socket.fence().await.map(drop)
}

async fn many_namespaces(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    let packets: Vec<_> = (0..500).map(|it| format!("40/conform-{it},")).collect();
    socket.say_all(&packets.iter().map(|it| &**it).collect::<Vec<_>>()).await;
    // Refused one by one, or closed for it: either is an answer.
    let mut refused = 0;
    while refused < packets.len() {
        match socket.hear(WAIT).await {
            Heard::Text(_) => refused += 1,
            Heard::Closed(_) | Heard::Lost => return Ok(()),
            other => return fail(Told::fixed("500 refusals", "五百次拒绝"), other.told()),
        }
    }
    Ok(())
}

async fn many_pings(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.put(&[(Kind::Ping, &b"x"[..]); 1000]).await;
    socket.say(&talk.hello()).await;
    loop {
        match socket.hear(WAIT).await {
            Heard::Pong(_) => {}
            Heard::Text(_) | Heard::Closed(_) => return Ok(()),
            other => return fail(Told::fixed("an answer", "有回应"), other.told()),
        }
    }
}

async fn many_fragments(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    let mut out = Vec::new();
    crate::load::frame::put(&mut out, Kind::Text, b"4");
    if let Some(first) = out.first_mut() {
        *first = 0x01;
    }
    for _ in 0..10_000 {
        // An empty piece that is not the last one.
        out.extend([0x00, 0x80, 0, 0, 0, 0]);
    }
    crate::load::frame::put(&mut out, Kind::More, b"0");
    socket.frame(&out).await;
    match socket.hear(WAIT).await {
        Heard::Text(_) | Heard::Closed(_) | Heard::Lost => Ok(()),
        other => fail(Told::fixed("an answer, or the end", "有回应，或者关闭连接"), other.told()),
    }
}

/// An event that nobody listens to: taken, or the end of this one connection.
async fn swallowed(talk: &Talk, data: &str) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(&format!("42[\"conform-nobody-listens\",{data}]")).await;
    socket.say("40/conform-after,").await;
    loop {
        match socket.hear(WAIT).await {
            Heard::Text(text) if text.contains("/conform-after,") => return Ok(()),
            Heard::Closed(_) | Heard::Lost => return Ok(()),
            Heard::Text(_) | Heard::Binary(_) | Heard::Pong(_) => {}
            other => {
                return fail(
                    Told::fixed("an answer, or the end", "有回应，或者关闭连接"),
                    other.told(),
                );
            }
        }
    }
}

/// Bytes of JSON that fit into one message beside the rest of it.
fn room(talk: &Talk) -> usize {
    talk.facts().max_payload.clamp(1000, 4 << 20) - 100
}

async fn huge_array(talk: Talk) -> Verdict {
    let zeros = "0,".repeat(room(&talk) / 2 - 1);
    swallowed(&talk, &format!("[{zeros}0]")).await
}

async fn huge_key(talk: Talk) -> Verdict {
    let key = "k".repeat(room(&talk) - 10);
    swallowed(&talk, &format!("{{\"{key}\":1}}")).await
}

/// Levels that are deeper than any stack likes.
const DEEP: usize = 20_000;

fn deep() -> String {
    format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP))
}

async fn deep_auth(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&format!("40{{\"x\":{}}}", deep())).await;
    match socket.hear(WAIT).await {
        Heard::Text(_) | Heard::Closed(_) | Heard::Lost => Ok(()),
        other => fail(Told::fixed("an answer, or the end", "有回应，或者关闭连接"), other.told()),
    }
}

async fn deep_event(talk: Talk) -> Verdict {
    swallowed(&talk, &deep()).await
}

async fn deep_echo(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(&format!("42[\"message\",{}]", deep())).await;
    // Echoed or not, this one closed or not: others go on.
    socket.hear(QUIET * 2).await;
    talk.websocket().await?.alive().await
}
