//! Events, there and back.
//!
//! ```text
//!   42["message",1,"two"]   ►  42["message-back",1,"two"]
//!   42{}                    ►  the connection is closed
//! ```
//!
//! Shell file: talks to a server.

use serde_json::Value;

use crate::conform::check::checks;
use crate::conform::lang::{Told, told, wire};
use crate::conform::outcome::{Verdict, ensure, fail};
use crate::conform::talk::{Talk, WAIT};
use crate::conform::websocket::Heard;

checks! { Events
    Must Suite "events/echo" "SIO5-EVENT-1" echo
        "An event is handled, with its data" "事件连同数据得到处理";
    Must Suite "events/polling" "SIO5-EVENT-1" polling
        "On long-polling, an event is handled with its data as well"
        "长轮询上，事件连同数据同样得到处理";
    Must Suite "events/values" "SIO5-EVENT-1" values
        "Data of every kind comes back as it was" "各种数据原样返回";
    Must Suite "events/no-data" "SIO5-EVENT-1" no_data
        "An event may be a name alone" "事件可以只有名字";
    Must Suite "events/order" "trap 41: some handle events in any order" order
        "1000 events sent together come back once, and in order"
        "一起发送的 1000 个事件不重不漏、按顺序返回";
    Should Plain "events/unknown" "as the reference server does" unknown
        "An event that nobody listens to harms nobody" "没有人监听的事件不会造成影响";
    Must Plain "events/no-payload" "SIO5-EVENT-2" no_payload
        "`42` without data closes the connection" "没有数据的 `42` 会关闭连接";
    Must Plain "events/empty-array" "SIO5-EVENT-2" empty_array
        "`42[]` closes the connection" "`42[]` 会关闭连接";
    Must Plain "events/object" "SIO5-EVENT-2" object
        "`42{}` closes the connection" "`42{}` 会关闭连接";
    Must Plain "events/text" "SIO5-EVENT-2" text
        "`42\"text\"` closes the connection" "`42\"text\"` 会关闭连接";
    Must Plain "events/broken-json" "SIO5-EVENT-2" broken_json
        "JSON that does not end closes the connection" "不完整的 JSON 会关闭连接";
    Should Plain "events/behind-json" "SIO5-EVENT-2" behind_json
        "Something behind the JSON closes the connection" "JSON 之后多余的内容会关闭连接";
    Should Plain "events/object-name" "as the reference server does" object_name
        "An event whose name is an object closes the connection"
        "名字是对象的事件会关闭连接";
    Should Plain "events/number-name" "the reference server takes numbers, too" number_name
        "The name of an event may be a number"
        "事件的名字可以是数字";
    Must Plain "events/escaped-name" "trap 30: some close at an escape in a name" escaped_name
        "The name of an event may have escapes"
        "事件的名字可以包含转义字符";
    Must Suite "events/escaped-same" "trap 30: an escape is only a spelling" escaped_same
        "The name of an event with escapes is the same name"
        "事件的名字转义之后仍是同一个名字";
    Should Plain "events/reserved-names" "trap 30: some call the application's own handlers"
        reserved
        "Events named like those of the library close the connection"
        "使用库自身保留名字的事件会关闭连接";
    Must Plain "events/unknown-type" "SIO5: the packet types are 0 to 6" unknown_type
        "A type that nobody has closes the connection" "不存在的类型会关闭连接";
    Must Suite "events/placeholder-is-data" "trap 34: some look for bytes that are not there"
        placeholder
        "What reads like a placeholder in a text event is data"
        "文本事件中形似占位符的内容只是数据";
}

/// What is behind the name of an echo.
fn data(packet: &str, start: &str) -> Option<Value> {
    serde_json::from_str(packet.strip_prefix(start)?).ok()
}

/// Sends the arguments, and wants them back.
async fn returned(talk: &Talk, args: &str) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(&format!("42[\"message\"{args}]")).await;
    let packet = socket.expect("42[\"message-back\"").await?;
    let wanted = format!("42[\"message-back\"{args}]");
    let same = data(&packet, "42").is_some() && data(&packet, "42") == data(&wanted, "42");
    ensure(same, wire(wanted), || wire(packet))
}

async fn echo(talk: Talk) -> Verdict {
    returned(&talk, r#",1,"two",{"3":[true]}"#).await
}

async fn polling(talk: Talk) -> Verdict {
    let mut session = talk.session().await?;
    session.join().await?;
    session.say("42[\"message\",1]\u{1E}42[\"message\",\"世界😀\"]").await?;
    session.hear("42[\"message-back\",1]").await?;
    let packet = session.hear("42[\"message-back\"").await?;
    let same = data(&packet, "42") == data("42[\"message-back\",\"世界😀\"]", "42");
    ensure(same, wire("42[\"message-back\",\"世界😀\"]"), || wire(packet))
}

const VALUES: &str = r#",null,true,false,0,-1,1.5,9007199254740991,"",
    "quote \" backslash \\ newline \n nul \u0000 separator \u001e","世界😀é",
    [],[[]],{},{"":{"__proto__x":[null]}}"#;

async fn values(talk: Talk) -> Verdict {
    returned(&talk, VALUES).await
}

async fn no_data(talk: Talk) -> Verdict {
    returned(&talk, "").await
}

/// Events that are sent together.
const MANY: usize = 1000;

async fn order(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    let events: Vec<_> = (0..MANY).map(|it| format!("42[\"message\",{it}]")).collect();
    socket.say_all(&events.iter().map(|it| &**it).collect::<Vec<_>>()).await;
    for number in 0..MANY {
        let wanted = format!("42[\"message-back\",{number}]");
        let heard = socket.hear(WAIT).await;
        if !matches!(&heard, Heard::Text(text) if data(text, "42") == data(&wanted, "42")) {
            return fail(wire(wanted), heard.told());
        }
    }
    Ok(())
}

/// The event may do nothing, but the session lives on.
async fn taken(talk: &Talk, packet: &str) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(packet).await;
    socket.fence().await.map(drop)
}

async fn unknown(talk: Talk) -> Verdict {
    taken(&talk, "42[\"conform-nobody-listens\",{\"x\":[1]}]").await
}

async fn number_name(talk: Talk) -> Verdict {
    taken(&talk, "42[1,2]").await
}

async fn escaped_name(talk: Talk) -> Verdict {
    taken(&talk, r#"42["conform \u00e9v\u00e9nement \" \\ \n"]"#).await
}

async fn escaped_same(talk: Talk) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(r#"42["mess\u0061ge","x"]"#).await;
    socket.expect("42[\"message-back\"").await.map(drop)
}

async fn closes(talk: &Talk, packet: &str) -> Verdict {
    let mut socket = talk.joined().await?;
    socket.say(packet).await;
    socket.closed().await.map(drop)
}

async fn no_payload(talk: Talk) -> Verdict {
    closes(&talk, "42").await
}

async fn empty_array(talk: Talk) -> Verdict {
    closes(&talk, "42[]").await
}

async fn object(talk: Talk) -> Verdict {
    closes(&talk, "42{}").await
}

async fn text(talk: Talk) -> Verdict {
    closes(&talk, "42\"text\"").await
}

async fn broken_json(talk: Talk) -> Verdict {
    closes(&talk, "42[\"message\"").await
}

async fn behind_json(talk: Talk) -> Verdict {
    closes(&talk, "42[\"message\"]x").await
}

async fn object_name(talk: Talk) -> Verdict {
    closes(&talk, "42[{}]").await
}

const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

async fn reserved(talk: Talk) -> Verdict {
    for name in RESERVED {
        let mut socket = talk.joined().await?;
        socket.say(&format!("42[\"{name}\"]")).await;
        if socket.closed().await.is_err() {
            return fail(
                told(format!("closed after `{name}`"), format!("`{name}` 之后关闭")),
                Told::fixed("the connection stays open", "连接保持打开"),
            );
        }
    }
    Ok(())
}

async fn unknown_type(talk: Talk) -> Verdict {
    closes(&talk, "47[\"message\"]").await?;
    closes(&talk, "4x").await
}

async fn placeholder(talk: Talk) -> Verdict {
    returned(&talk, r#",{"_placeholder":true,"num":0}"#).await
}
