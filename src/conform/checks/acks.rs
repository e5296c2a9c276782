//! Answers to events.
//!
//! ```text
//!   427["message-with-ack",1]   ►  437[1]
//!   43999[]                        an answer that nobody waits for: nothing
//! ```
//!
//! Shell file: talks to a server.

use crate::conform::check::checks;
use crate::conform::lang::{Told, wire};
use crate::conform::outcome::{Verdict, ensure, fail};
use crate::conform::talk::{Talk, WAIT};
use crate::conform::websocket::Heard;

checks! { Acks
    Must Suite "acks/answered" "SIO5-ACK-2" answered
        "An event with an id is answered with the same id" "带 id 的事件得到相同 id 的应答";
    Must Suite "acks/empty" "SIO5-ACK-3" empty
        "An answer without data is an empty array" "没有数据的应答是空数组";
    Must Suite "acks/zero" "trap 36: some take 0 for no id" zero
        "0 is an id like any other" "0 和其他 id 没有区别";
    Must Suite "acks/large" "SIO5-ACK-2" large
        "Large ids come back to the last digit" "很大的 id 原样返回，一位不差";
    Must Suite "acks/several" "SIO5-ACK-2" several
        "Several answers that are under way do not mix"
        "同时进行的多个应答不会混淆";
    Should Suite "acks/again" "trap 36: an id may be used again" again
        "An id that was used may be used again" "用过的 id 可以再用";
    Must Suite "acks/polling" "SIO5-ACK-2" polling
        "On long-polling, an event with an id is answered as well"
        "长轮询上，带 id 的事件同样得到应答";
    Should Plain "acks/unknown" "trap 36: late or wrong ids" unknown
        "An answer that nobody waits for harms nobody" "没有人等待的应答不会造成影响";
    Must Plain "acks/object" "SIO5-ACK-3" object
        "An answer that is no array closes the connection" "不是数组的应答会关闭连接";
    Ours Plain "acks/no-payload" "SIO5-ACK-3" no_payload
        "An answer without an array closes the connection" "没有数组的应答会关闭连接";
    Ours Plain "acks/beyond-numbers" "trap 36: ids that no number can hold" beyond
        "An id that is too large to come back exactly is refused"
        "大到无法精确返回的 id 被拒绝";
    Should Plain "acks/negative" "trap 36: ids are digits" negative
        "A negative id closes the connection" "负的 id 会关闭连接";
}

async fn asked(talk: &Talk, question: &str, answer: &str) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(question).await;
    let packet = socket.expect("43").await?;
    // The JSON may be spelled with spaces.
    let plain: String = packet.split_whitespace().collect();
    ensure(plain == answer, wire(answer), || wire(&packet))
}

async fn answered(talk: Talk) -> Verdict {
    asked(&talk, r#"427["message-with-ack",1,"x"]"#, r#"437[1,"x"]"#).await
}

async fn empty(talk: Talk) -> Verdict {
    asked(&talk, r#"428["message-with-ack"]"#, "438[]").await
}

async fn zero(talk: Talk) -> Verdict {
    asked(&talk, r#"420["message-with-ack",1]"#, "430[1]").await
}

async fn large(talk: Talk) -> Verdict {
    asked(&talk, r#"429007199254740991["message-with-ack",1]"#, "439007199254740991[1]").await
}

async fn several(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    let ids = [12, 3, 4567];
    for id in ids {
        socket.say(&format!("42{id}[\"message-with-ack\",{id}]")).await;
    }
    let mut open: Vec<_> = ids.map(|id| format!("43{id}[{id}]")).into();
    while !open.is_empty() {
        let wanted = open.join(" ");
        match socket.hear(WAIT).await {
            Heard::Text(text) if open.contains(&text) => open.retain(|it| *it != text),
            other => return fail(wire(wanted), other.told()),
        }
    }
    Ok(())
}

async fn again(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    for number in 0..3 {
        socket.say(&format!("425[\"message-with-ack\",{number}]")).await;
        socket.expect(&format!("435[{number}]")).await?;
    }
    Ok(())
}

async fn polling(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.join().await?;
    session.say(r#"4212["message-with-ack",1]"#).await?;
    session.hear("4312[1]").await.map(drop)
}

async fn unknown(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say_all(&["43999[]", "43999[1,2]", "430[]"]).await;
    socket.fence().await.map(drop)
}

async fn closes(talk: &Talk, packet: &str) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(packet).await;
    socket.closed().await.map(drop)
}

async fn object(talk: Talk) -> Verdict {
    closes(&talk, "431{}").await
}

async fn no_payload(talk: Talk) -> Verdict {
    closes(&talk, "431").await
}

async fn beyond(talk: Talk) -> Verdict {
    closes(&talk, "4299999999999999999999[\"conform-nobody-listens\"]").await
}

async fn negative(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say("42-1[\"conform-nobody-listens\"]").await;
    match socket.closed().await {
        Ok(_) => Ok(()),
        Err(_) => fail(
            Told::fixed("the WebSocket is closed", "WebSocket 被关闭"),
            Told::fixed("the connection stays open", "连接保持打开"),
        ),
    }
}
