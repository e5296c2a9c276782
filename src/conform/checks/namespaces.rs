//! Several namespaces on one connection.
//!
//! ```text
//!   40/custom,      ►  40/custom,{"sid":"…"}
//!   41/custom,         left, and `/` goes on
//!   40/café😀,      ►  44/café😀,{"message":…}
//! ```
//!
//! Shell file: talks to a server.

use crate::conform::check::checks;
use crate::conform::lang::{Told, wire};
use crate::conform::outcome::{Verdict, ensure};
use crate::conform::talk::Talk;
use crate::conform::websocket::{Heard, WebSocket};

checks! { Namespaces
    Must Suite "namespaces/second" "SIO5-CONNECT-5" second
        "A client may be in two namespaces at once" "客户端可以同时在两个命名空间里";
    Should Suite "namespaces/own-id" "trap 39: some have one id everywhere" own_id
        "A socket has another id in each namespace"
        "每个命名空间里的 socket id 各不相同";
    Must Suite "namespaces/apart" "SIO5-CONNECT-5" apart
        "An event for one namespace is not handled by another"
        "发给一个命名空间的事件不会由另一个处理";
    Must Suite "namespaces/leave-one" "SIO5-DISCONNECT-1" leave_one
        "Whoever leaves one namespace is still in the other"
        "离开一个命名空间后仍在另一个里";
    Should Suite "namespaces/without-comma" "as the reference server reads it" without_comma
        "`40/custom` is `/custom`, with or without a comma" "`40/custom` 不带逗号也指 `/custom`";
    Should Suite "namespaces/query" "some cut off what is behind a question mark" query
        "`/custom?x=1` is another name" "`/custom?x=1` 是另一个名字";
    Should Plain "namespaces/leave-and-return" "SIO5-DISCONNECT-1" leave_and_return
        "Whoever has left the main namespace may come back" "离开主命名空间之后可以再回来";
    Should Plain "namespaces/event-after-leaving" "SIO5-CONNECT-4" event_after
        "An event for a namespace that was left closes the connection"
        "向已离开的命名空间发送事件会关闭连接";
    Should Plain "namespaces/unicode" "names are text in UTF-8" unicode
        "A name of a namespace may have any letters"
        "命名空间的名字可以包含任何文字";
    Should Plain "namespaces/unicode-polling" "a length counts bytes, not characters"
        unicode_polling
        "On long-polling, a length counts bytes and not letters"
        "长轮询上，长度按字节而不是按字符计算";
    Must Plain "namespaces/javascript-names" "names are keys of no object" javascript_names
        "Namespaces named like parts of JavaScript mean nothing here"
        "命名空间用 JavaScript 的特殊名字，也没有特殊含义";
}

async fn second(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("40/custom,").await;
    socket.expect("40/custom,{\"sid\"").await?;
    socket.expect("42/custom,[\"auth\"").await?;
    socket.fence().await.map(drop)
}

async fn own_id(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say("40").await;
    let main = socket.expect("40{").await?;
    socket.expect("42[\"auth\"").await?;
    socket.say("40/custom,").await;
    let custom = socket.expect("40/custom,{").await?;
    let same = main.get(2..) == custom.get("40/custom,".len()..);
    ensure(!same, Told::fixed("two ids that differ", "两个不同的 id"), || wire(&custom))
}

async fn custom(talk: &Talk) -> Verdict<WebSocket> {
    let mut socket = talk.joined().await?;
    socket.say("40/custom,").await;
    socket.expect("40/custom,{").await?;
    socket.expect("42/custom,[\"auth\"").await?;
    Ok(socket)
}

async fn apart(talk: Talk) -> Verdict {
    let mut socket = custom(&talk).await?;
    socket.say("42/custom,[\"message\",1]").await;
    let heard: Vec<_> = socket.fence().await?;
    let wanted = Told::fixed("nothing", "没有回应");
    ensure(heard.is_empty(), wanted, || heard.first().map_or(wire(""), Heard::told))
}

async fn leave_one(talk: Talk) -> Verdict {
    let mut socket = custom(&talk).await?;
    socket.say_all(&["41/custom,", "42[\"message\",1]"]).await;
    socket.expect("42[\"message-back\",1]").await.map(drop)
}

async fn without_comma(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("40/custom").await;
    socket.expect("40/custom,{").await.map(drop)
}

async fn query(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("40/custom?x=1,").await;
    socket.expect("44/custom?x=1,").await.map(drop)
}

async fn leave_and_return(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("41").await;
    socket.fence().await?;
    socket.say(&talk.hello()).await;
    socket.expect("40{").await.map(drop)
}

async fn event_after(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("41").await;
    socket.fence().await?;
    socket.say("42[\"message\"]").await;
    socket.closed().await.map(drop)
}

const NAME: &str = "/café-世界-😀,";

async fn unicode(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&format!("40{NAME}")).await;
    socket.expect(&format!("44{NAME}")).await.map(drop)
}

async fn unicode_polling(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.say(format!("40{NAME}")).await?;
    session.hear(&format!("44{NAME}")).await.map(drop)
}

async fn javascript_names(talk: Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    for name in ["/__proto__,", "/constructor,", "/toString,"] {
        socket.say(&format!("40{name}")).await;
        socket.expect(&format!("44{name}")).await?;
    }
    socket.alive().await
}
