//! The first request, and those that should not be one.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling   ►  200  0{"sid":"…","upgrades":["websocket"],…}
//!   GET /socket.io/?transport=polling         ►  400
//!   GET …&sid=nobody                          ►  400  {"code":1,"message":"Session ID unknown"}
//! ```
//!
//! Shell file: talks to a server.

use serde_json::Value;

use crate::conform::check::checks;
use crate::conform::lang::{Told, wire};
use crate::conform::outcome::{Verdict, answer, ensure, fail, lost, refused, skip, status};
use crate::conform::reply::Reply;
use crate::conform::session::{Session, parse_open};
use crate::conform::talk::{POLLING, TEXT, Talk, WAIT, WEBSOCKET};
use crate::conform::websocket::Opening;

checks! { Handshake
    Must Plain "handshake/open-packet" "EIO4-HANDSHAKE-2" open_packet
        "The first GET is answered by an open packet and nothing else"
        "第一个 GET 的响应是一个 open 包，别无其他";
    Must Plain "handshake/fresh-sid" "EIO4-HANDSHAKE-2" fresh_sid
        "Every session has a sid of its own" "每个会话都有自己的 sid";
    Should Plain "handshake/secret-sid" "not in the specification: a sid is a secret" secret_sid
        "A sid is long, and fits into a URL" "sid 足够长，并且可以直接放进 URL";
    Should Plain "handshake/content-type" "as the reference server does" content_type
        "The answer says that it is text in UTF-8" "响应声明自己是 UTF-8 文本";
    Should Plain "handshake/no-store" "as the reference server does" no_store
        "The answer tells caches not to keep it" "响应告诉缓存不要保存它";
    Must Plain "handshake/no-transport" "EIO4-POLLING-1" no_transport
        "Without `transport` there is no session" "缺少 `transport` 就没有会话";
    Must Plain "handshake/no-eio" "EIO4-POLLING-1" no_eio
        "Without `EIO` there is no session" "缺少 `EIO` 就没有会话";
    Should Plain "handshake/other-eio" "others took `EIO=5` for theirs, or broke" other_eio
        "A revision that nobody has is refused" "不存在的协议版本被拒绝";
    Must Plain "handshake/unknown-transport" "as the reference server does" unknown_transport
        "A transport that nobody has is refused" "不存在的传输方式被拒绝";
    Must Plain "handshake/unknown-sid-get" "EIO4-POLLING-8" unknown_get
        "A GET for a sid that nobody has is refused" "GET 使用未知的 sid 会被拒绝";
    Must Plain "handshake/unknown-sid-post" "EIO4-POLLING-3" unknown_post
        "A POST for a sid that nobody has is refused" "POST 使用未知的 sid 会被拒绝";
    Must Plain "handshake/unknown-sid-websocket" "trap 1: some switch protocols, then hang up"
        unknown_websocket
        "A WebSocket for a sid that nobody has is refused before it is one"
        "WebSocket 使用未知的 sid，在升级之前就被拒绝";
    Should Plain "handshake/error-body" "trap 1: some send the code as text" error_body
        "A refusal says why: `code` is a number, `message` is text"
        "拒绝时说明原因：`code` 是数字，`message` 是文本";
    Ours Plain "handshake/empty-sid" "trap 1: a sid that is empty is a sid that nobody has"
        empty_sid
        "An empty sid opens no session" "空的 sid 不会打开新会话";
    Should Plain "handshake/post" "EIO4-HANDSHAKE-1" post
        "A session begins with a GET, not with a POST" "会话从 GET 开始，而不是 POST";
    Should Plain "handshake/methods" "trap 18: some fail with 500" methods
        "Methods that nobody needs are refused, and break nothing"
        "用不到的方法被拒绝，不会引发服务器错误";
    Should Plain "handshake/query-encoding" "trap 18: some do not decode the query" query_encoding
        "The query may be in any order, and percent-encoded"
        "查询参数可以任意排列，也可以用百分号编码";
    Should Plain "handshake/query-repeated" "trap 18: a key may come twice" query_repeated
        "A key that comes twice has one defined answer" "重复的查询参数得到明确的响应";
    Should Plain "handshake/other-path" "trap 19: some take what only begins like their path"
        other_path
        "A path that only begins like ours is not ours" "只是开头相同的路径不属于这个服务器";
    Should Plain "handshake/keep-alive" "RFC 9112, 9.3" keep_alive
        "Two requests on one TCP connection have two answers"
        "同一个 TCP 连接上的两个请求得到两个响应";
    Should Plain "handshake/in-pieces" "RFC 9112, 2.2" in_pieces
        "A request that comes in pieces is a request" "分成多段到达的请求仍是一个请求";
}

async fn open_packet(talk: Talk) -> Verdict {
    let reply = talk.get(POLLING).await?;
    if reply.status == 400 && talk.facts().websocket && code(&reply) == Some(0) {
        return skip("this server has no long-polling", "这个服务器没有启用长轮询");
    }
    status(&reply, &[200])?;
    let packets = reply.packets();
    let wanted = Told::fixed("one packet, `0{…}`", "只有一个数据包 `0{…}`");
    let [packet] = &*packets else { return fail(wanted, answer(&reply)) };
    let open = parse_open(packet)?;
    let sound = !open.sid.is_empty() && open.ping_interval > 0 && open.ping_timeout > 0;
    let wanted = Told::fixed(
        "a sid, and intervals that are more than nothing",
        "非空的 sid，以及大于零的间隔",
    );
    ensure(sound, wanted, || wire(packet))
}

fn code(reply: &Reply) -> Option<i64> {
    serde_json::from_slice::<Value>(&reply.body).ok()?.get("code")?.as_i64()
}

async fn fresh_sid(talk: Talk) -> Verdict {
    let (first, second) = (talk.session().await?, talk.session().await?);
    let wanted = Told::fixed("two sids that differ", "两个不同的 sid");
    ensure(first.open.sid != second.open.sid, wanted, || wire(&first.open.sid))
}

async fn secret_sid(talk: Talk) -> Verdict {
    let sid = talk.session().await?.open.sid;
    let plain = sid.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.~".contains(&it));
    let wanted = Told::fixed(
        "at least 16 characters, of those that a URL takes as they are",
        "至少 16 个字符，且都能原样放进 URL",
    );
    ensure(plain && sid.len() >= 16, wanted, || wire(&sid))
}

async fn content_type(talk: Talk) -> Verdict {
    let reply = talk.get(POLLING).await?;
    status(&reply, &[200])?;
    let kind = reply.field("content-type").unwrap_or_default().to_lowercase();
    let kind: String = kind.split_whitespace().collect();
    let wanted = wire("Content-Type: text/plain; charset=UTF-8");
    ensure(kind == "text/plain;charset=utf-8", wanted, || wire(&kind))
}

async fn no_store(talk: Talk) -> Verdict {
    let reply = talk.get(POLLING).await?;
    status(&reply, &[200])?;
    let cache = reply.field("cache-control").unwrap_or("(no Cache-Control)").to_owned();
    ensure(cache.contains("no-store"), wire("Cache-Control: no-store"), || wire(&cache))
}

async fn no_transport(talk: Talk) -> Verdict {
    refused(&talk.get("EIO=4").await?)
}

/// Whether a body is one of revision 3: its packets have their length in front.
pub fn is_revision_3(reply: &Reply) -> bool {
    let text = reply.text();
    let after = text.trim_start_matches(|it: char| it.is_ascii_digit());
    reply.status == 200 && after.len() < text.len() && after.starts_with(":0{")
}

async fn other_revision(talk: &Talk, query: &str) -> Verdict {
    let reply = talk.get(query).await?;
    if is_revision_3(&reply) {
        return skip(
            "this server serves revision 3 as well, and takes it for that",
            "这个服务器也支持第 3 版协议，把它当成了第 3 版",
        );
    }
    refused(&reply)
}

async fn no_eio(talk: Talk) -> Verdict {
    other_revision(&talk, "transport=polling").await
}

async fn other_eio(talk: Talk) -> Verdict {
    other_revision(&talk, "EIO=5&transport=polling").await?;
    other_revision(&talk, "EIO=abc&transport=polling").await
}

async fn unknown_transport(talk: Talk) -> Verdict {
    refused(&talk.get("EIO=4&transport=pigeon").await?)
}

const NOBODY: &str = "AAAAAAAAAAAAAAAAAAAA";

/// Sids that nobody has: one of no form at all, and one that looks like theirs.
async fn nobody(talk: &Talk) -> Verdict<Vec<String>> {
    let mut sids = vec![NOBODY.to_owned()];
    if talk.facts().polling {
        let sid = talk.session().await?.open.sid;
        let turned: String = sid.chars().rev().collect();
        let other = |it: char| if it == 'A' { 'B' } else { 'A' };
        let mut alike = turned.chars();
        let first = alike.next().map(other);
        sids.push(first.into_iter().chain(alike).collect());
    }
    Ok(sids)
}

async fn unknown_get(talk: Talk) -> Verdict {
    for sid in nobody(&talk).await? {
        status(&talk.get(&format!("{POLLING}&sid={sid}")).await?, &[400])?;
    }
    Ok(())
}

async fn unknown_post(talk: Talk) -> Verdict {
    for sid in nobody(&talk).await? {
        status(&talk.post(&format!("{POLLING}&sid={sid}"), "40").await?, &[400])?;
    }
    Ok(())
}

async fn unknown_websocket(talk: Talk) -> Verdict {
    let wanted = || Told::fixed("a refusal before any 101", "在 101 之前拒绝");
    for sid in nobody(&talk).await? {
        match talk.try_upgrade(talk.upgrade_request(&format!("{WEBSOCKET}&sid={sid}"))).await? {
            Opening::Refused(reply) => refused(&reply)?,
            Opening::Open(socket) => return fail(wanted(), answer(&socket.reply)),
            Opening::Lost => return fail(wanted(), lost()),
        }
    }
    Ok(())
}

async fn error_body(talk: Talk) -> Verdict {
    let reply = talk.get(&format!("{POLLING}&sid={NOBODY}")).await?;
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    let told = body["code"] == 1 && body["message"] == "Session ID unknown";
    let wanted = wire(r#"{"code":1,"message":"Session ID unknown"}"#);
    ensure(told, wanted, || answer(&reply))
}

async fn empty_sid(talk: Talk) -> Verdict {
    refused(&talk.get(&format!("{POLLING}&sid=")).await?)
}

async fn post(talk: Talk) -> Verdict {
    refused(&talk.post(POLLING, "40").await?)
}

async fn methods(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    for method in ["PUT", "DELETE", "PATCH", "HEAD"] {
        refused(&talk.ask(talk.request(method, &session.query(), TEXT, Some(b""))).await?)?;
    }
    Ok(())
}

async fn query_encoding(talk: Talk) -> Verdict {
    talk.session().await?;
    for query in ["x=%F0%9F%90%A6&transport=polling&EIO=4", "transport=poll%69ng&EIO=%34&t=a+b"] {
        status(&talk.get(query).await?, &[200])?;
    }
    Ok(())
}

async fn query_repeated(talk: Talk) -> Verdict {
    for query in ["EIO=4&transport=polling&transport=polling", "EIO=4&EIO=4&transport=polling&&=&x"]
    {
        status(&talk.get(query).await?, &[200, 400])?;
    }
    Ok(())
}

async fn other_path(talk: Talk) -> Verdict {
    let path = talk.path().trim_end_matches('/');
    for end in ["x/", "-admin/"] {
        let target = format!("{path}{end}?{POLLING}");
        let reply = talk.ask(talk.request_to(&target, "GET", "", None)).await?;
        let ours = reply.status == 200 && reply.body.starts_with(b"0{");
        let wanted = Told::fixed("anything but a session", "不应该打开会话");
        ensure(!ours, wanted, || answer(&reply))?;
    }
    Ok(())
}

async fn keep_alive(talk: Talk) -> Verdict {
    talk.session().await?;
    let mut pipe = talk.connect().await?;
    for _ in 0..2 {
        pipe.say(talk.request("GET", POLLING, "", None)).await;
        status(&pipe.reply(WAIT).await?, &[200])?;
    }
    Ok(())
}

async fn in_pieces(talk: Talk) -> Verdict {
    let session = Session::open(&talk).await?;
    let mut request = talk.request("POST", &session.query(), TEXT, Some(b"40"));
    let mut pipe = talk.connect().await?;
    while !request.is_empty() {
        let rest = request.split_off(request.len().min(17));
        pipe.say(request).await;
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        request = rest;
    }
    status(&pipe.reply(WAIT).await?, &[200])
}
