//! Packets in bodies: GET to hear, POST to speak, one of each at a time.
//!
//! ```text
//!   POST …&sid=s   40           ►  ok
//!   GET  …&sid=s                ►  40{"sid":"…"}       any message will do here
//!   GET  …&sid=s  GET …&sid=s   ►  400, and the session is closed
//! ```
//!
//! A server that is not one of Socket.IO yet can be asked all of this if it sends each message
//! back as it came.
//!
//! Shell file: talks to a server.

use crate::conform::check::checks;
use crate::conform::lang::{Told, told, wire};
use crate::conform::outcome::{Verdict, answer, ensure, fail, lost, refused, silence, status};
use crate::conform::pipe::{End, Pipe};
use crate::conform::session::Session;
use crate::conform::talk::{QUIET, TEXT, Talk, WAIT};

checks! { Polling
    Must Plain "polling/post" "EIO4-POLLING-4" post
        "A POST is answered by 200 and `ok`" "POST 得到 200 和 `ok`";
    Must Plain "polling/get" "EIO4-POLLING-10" get
        "A GET brings what there is to say" "GET 取回服务器要说的内容";
    Should Plain "polling/get-waits" "EIO4-POLLING-9" get_waits
        "A GET waits while there is nothing to say" "没有内容时 GET 会等待";
    Must Plain "polling/get-released" "EIO4-POLLING-10" get_released
        "A GET that waits is answered as soon as there is something"
        "一有内容，等待中的 GET 立即得到响应";
    Must Plain "polling/two-gets" "EIO4-POLLING-12" two_gets
        "A second GET while one waits is refused" "已有 GET 在等待时，第二个 GET 被拒绝";
    Must Plain "polling/two-gets-close" "EIO4-POLLING-12" two_gets_close
        "A second GET while one waits closes the session"
        "已有 GET 在等待时，第二个 GET 会关闭会话";
    Must Plain "polling/two-gets-first" "trap 3: some leave the first one hanging" two_gets_first
        "When a second GET comes, the one that waited is answered"
        "第二个 GET 到来时，先前等待的 GET 也得到响应";
    Must Plain "polling/two-posts" "EIO4-POLLING-6" two_posts
        "A second POST while one is under way is refused" "已有 POST 在进行时，第二个 POST 被拒绝";
    Must Plain "polling/two-posts-close" "EIO4-POLLING-6" two_posts_close
        "A second POST while one is under way closes the session"
        "已有 POST 在进行时，第二个 POST 会关闭会话";
    Ours Plain "polling/two-posts-first" "trap 4: some cut the first one off" two_posts_first
        "When a second POST comes, the one under way is answered"
        "第二个 POST 到来时，正在进行的 POST 也得到响应";
    Must Plain "polling/batch" "trap 15: some take 16 packets and no more" batch
        "100 packets in one POST are taken" "一个 POST 里的 100 个数据包全部被接受";
    Should Plain "polling/large-batch" "trap 15: some take 16 packets and no more" large_batch
        "10,000 packets in one POST are taken" "一个 POST 里的 10,000 个数据包全部被接受";
    Must Plain "polling/chunked" "trap 14: some read a body without a length as empty" chunked
        "A POST in chunks, without a length, is read" "没有长度、分块传输的 POST 会被读取";
    Should Plain "polling/no-content-type" "as the reference server does" no_content_type
        "A POST that does not say what it is, is text" "没有声明类型的 POST 就是文本";
    Should Plain "polling/octet-stream" "trap 17: a body of bytes is of revision 3" octet_stream
        "A POST of bytes is refused" "二进制的 POST 被拒绝";
    Must Plain "polling/garbage" "EIO4: the packet types are 0 to 6" garbage
        "What is no packet closes the session" "不是数据包的内容会关闭会话";
    Should Plain "polling/empty-body" "trap 16: one defined end" empty_body
        "An empty POST closes the session" "空的 POST 会关闭会话";
    Should Plain "polling/empty-packets" "trap 16: one defined end" empty_packets
        "Packets without a type close the session" "没有类型的空数据包会关闭会话";
    Should Plain "polling/trailing-separator" "trap 16: one defined end" trailing_separator
        "A separator with nothing behind it closes the session"
        "末尾多出的分隔符会关闭会话";
    Ours Plain "polling/garbage-status" "others say `ok` to what they do not take" garbage_status
        "What is no packet is not answered by `ok`" "不是数据包的内容不会得到 `ok`";
    Ours Plain "polling/not-utf-8" "every body is text in UTF-8" not_utf_8
        "A body that is not UTF-8 is refused" "不是 UTF-8 的内容被拒绝";
}

async fn post(talk: Talk) -> Verdict {
    let reply = talk.session().await?.post("40").await?;
    status(&reply, &[200])?;
    ensure(reply.body == b"ok", wire("ok"), || answer(&reply))
}

async fn get(talk: Talk) -> Verdict {
    talk.session().await?.alive().await
}

async fn get_waits(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let quiet = QUIET.min(talk.facts().ping_interval / 2);
    match session.park().await?.peek(quiet).await? {
        None => Ok(()),
        Some(reply) => fail(Told::fixed("nothing yet", "暂时没有响应"), answer(&reply)),
    }
}

async fn get_released(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let mut waiting = session.park().await?;
    session.say(talk.hello()).await?;
    let reply = waiting.reply(WAIT).await?;
    status(&reply, &[200])?;
    let message = reply.packets().iter().any(|it| it.starts_with('4'));
    ensure(message, Told::fixed("a message, `4…`", "一条消息 `4…`"), || answer(&reply))
}

/// A session with a GET that waits, and the answer to another one.
async fn overlap(talk: &Talk) -> Verdict<(Session, Pipe, End)> {
    let session = talk.session().await?;
    let waiting = session.park().await?;
    let mut second = session.park().await?;
    let end = second.end(WAIT / 2).await?;
    Ok((session, waiting, end))
}

async fn two_gets(talk: Talk) -> Verdict {
    let wanted = Told::fixed("400 to the second GET", "第二个 GET 得到 400");
    match overlap(&talk).await?.2 {
        End::Reply(reply) => status(&reply, &[400]),
        End::Lost => fail(wanted, lost()),
        End::Silence => fail(wanted, silence()),
    }
}

async fn two_gets_close(talk: Talk) -> Verdict {
    let (session, waiting, _) = overlap(&talk).await?;
    let gone = session.gone().await;
    drop(waiting);
    gone
}

async fn two_gets_first(talk: Talk) -> Verdict {
    let (_, mut waiting, end) = overlap(&talk).await?;
    if let End::Silence = end {
        return fail(Told::fixed("400 to the second GET", "第二个 GET 得到 400"), silence());
    }
    waiting.reply(WAIT / 2).await.map(drop)
}

/// A session with a POST of which half has been sent, and the answer to another one.
async fn two_at_once(talk: &Talk) -> Verdict<(Session, Pipe, End)> {
    let session = talk.session().await?;
    let mut half = talk.request("POST", &session.query(), TEXT, Some(b"40"));
    half.pop();
    let first = talk.begin(half).await?;
    tokio::time::sleep(QUIET / 2).await;
    let request = talk.request("POST", &session.query(), TEXT, Some(b"3"));
    let end = talk.begin(request).await?.end(WAIT / 2).await?;
    Ok((session, first, end))
}

async fn two_posts(talk: Talk) -> Verdict {
    let wanted = Told::fixed("400 to the second POST", "第二个 POST 得到 400");
    match two_at_once(&talk).await?.2 {
        End::Reply(reply) => status(&reply, &[400]),
        End::Lost => fail(wanted, lost()),
        End::Silence => fail(wanted, silence()),
    }
}

async fn two_posts_close(talk: Talk) -> Verdict {
    let (session, first, _) = two_at_once(&talk).await?;
    let gone = session.gone().await;
    drop(first);
    gone
}

async fn two_posts_first(talk: Talk) -> Verdict {
    let (_, mut first, _) = two_at_once(&talk).await?;
    first.reply(WAIT / 2).await.map(drop)
}

/// Many pongs that nobody has asked for, and a message: it gets its answer.
async fn many(talk: &Talk, packets: usize) -> Verdict {
    let mut session = talk.session().await?;
    let body = format!("{}{}", "3\u{1E}".repeat(packets - 1), talk.hello());
    session.say(&body).await?;
    session.hear("4").await.map(drop)
}

async fn batch(talk: Talk) -> Verdict {
    many(&talk, 100).await
}

async fn large_batch(talk: Talk) -> Verdict {
    many(&talk, 10_000).await
}

async fn chunked(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    let fields = format!("{TEXT}Transfer-Encoding: chunked\r\n");
    let mut request = talk.request("POST", &session.query(), &fields, None);
    let hello = talk.hello();
    for piece in hello.as_bytes().chunks(2) {
        request.extend(format!("{:x}\r\n", piece.len()).bytes());
        request.extend(piece);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    status(&talk.ask(request).await?, &[200])?;
    session.hear("4").await.map(drop)
}

async fn no_content_type(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    let body = talk.hello();
    let request = talk.request("POST", &session.query(), "", Some(body.as_bytes()));
    status(&talk.ask(request).await?, &[200])?;
    session.hear("4").await.map(drop)
}

async fn octet_stream(talk: Talk) -> Verdict {
    let session = talk.session().await?;
    let fields = "Content-Type: application/octet-stream\r\n";
    let request = talk.request("POST", &session.query(), fields, Some(&[0, 4, 1, 0xFF, 4]));
    refused(&talk.ask(request).await?)
}

/// A body that is not taken: whatever the answer is, there is one, and the session is gone.
async fn closes(talk: &Talk, body: &[u8]) -> Verdict {
    let session = talk.session().await?;
    let reply = session.post(body).await?;
    let wanted = || told("an answer below 500", "低于 500 的状态码");
    ensure(reply.status < 500, wanted(), || answer(&reply))?;
    session.gone().await
}

async fn garbage(talk: Talk) -> Verdict {
    closes(&talk, b"abc").await
}

async fn empty_body(talk: Talk) -> Verdict {
    closes(&talk, b"").await
}

async fn empty_packets(talk: Talk) -> Verdict {
    closes(&talk, b"\x1E\x1E").await
}

async fn trailing_separator(talk: Talk) -> Verdict {
    closes(&talk, b"3\x1E").await
}

async fn garbage_status(talk: Talk) -> Verdict {
    refused(&talk.session().await?.post("abc").await?)
}

async fn not_utf_8(talk: Talk) -> Verdict {
    refused(&talk.session().await?.post(b"40{\"a\":\"\xC3\x28\"}").await?)
}
