//! Every sentence that an explanation can say, in every language.
//!
//! ```text
//!   NAMESPACE    en  namespace {0}
//!                zh  命名空间 {0}
//! ```
//!
//! `{0}` is where the first thing goes that only the input knows. What is wrong with a packet has
//! its sentences in [`rules`](super::rules).
//!
//! Core file.

use super::lang::Lang;

/// One sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub(super) en: &'static str,
    pub(super) zh: &'static str,
}

impl Words {
    /// The sentence, with its gaps filled.
    pub(super) fn say(self, lang: Lang, gaps: &[&str]) -> String {
        let sentence = match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        };
        let mut said = String::with_capacity(sentence.len());
        let mut rest = sentence;
        while let Some((before, behind)) = rest.split_once('{') {
            said.push_str(before);
            // Any other brace is one of JSON.
            let gap = behind.split_once('}').and_then(|(gap, behind)| {
                let number: usize = gap.parse().ok()?;
                Some((gaps.get(number).copied().unwrap_or_default(), behind))
            });
            let (filled, behind) = gap.unwrap_or(("{", behind));
            said.push_str(filled);
            rest = behind;
        }
        said.push_str(rest);
        said
    }
}

/// Declares sentences, and a list of them for the tests.
macro_rules! words {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        $(pub(super) const $name: Words = Words { en: $en, zh: $zh };)*

        #[cfg(test)]
        const ALL: &[(&str, Words)] = &[$((stringify!($name), $name),)*];
    };
}

words! {
    // Pieces of Engine.IO.
    OPEN: "Engine.IO packet type 0: open", "Engine.IO 数据包类型 0：open，会话已建立";
    CLOSE: "Engine.IO packet type 1: close", "Engine.IO 数据包类型 1：close，会话结束";
    PING: "Engine.IO packet type 2: ping", "Engine.IO 数据包类型 2：ping，心跳询问";
    PONG: "Engine.IO packet type 3: pong", "Engine.IO 数据包类型 3：pong，心跳应答";
    MESSAGE: "Engine.IO packet type 4: message", "Engine.IO 数据包类型 4：message，消息";
    UPGRADE: "Engine.IO packet type 5: upgrade", "Engine.IO 数据包类型 5：upgrade，切换到 WebSocket";
    NOOP: "Engine.IO packet type 6: noop", "Engine.IO 数据包类型 6：noop，不做任何事";
    HANDSHAKE: "the handshake: what the server says of the session", "握手信息：服务器对会话的说明";
    PROBE: "probe: does this WebSocket work?", "probe：试探这条 WebSocket 是否可用";
    PROBED: "probe: this WebSocket works", "probe：这条 WebSocket 可用";
    IGNORED: "data that nobody asks for behind this packet; it is ignored",
        "这种数据包后面不需要数据，会被忽略";
    DATA: "the message", "消息内容";
    SEPARATOR: "record separator (1e): the next packet begins", "记录分隔符（1e）：下一个数据包开始";
    BASE64_MARK: "b: a message of bytes, as base64", "b：二进制消息，以 base64 书写";
    BASE64: "{0} bytes as base64", "{0} 字节，以 base64 书写";
    LENGTH: "length of the next packet: {0}", "下一个数据包的长度：{0}";

    // Pieces of Socket.IO.
    CONNECT: "Socket.IO packet type 0: CONNECT", "Socket.IO 数据包类型 0：CONNECT，加入命名空间";
    DISCONNECT: "Socket.IO packet type 1: DISCONNECT", "Socket.IO 数据包类型 1：DISCONNECT，离开命名空间";
    EVENT: "Socket.IO packet type 2: EVENT", "Socket.IO 数据包类型 2：EVENT，事件";
    ACK: "Socket.IO packet type 3: ACK", "Socket.IO 数据包类型 3：ACK，对事件的应答";
    CONNECT_ERROR: "Socket.IO packet type 4: CONNECT_ERROR", "Socket.IO 数据包类型 4：CONNECT_ERROR，拒绝加入";
    BINARY_EVENT: "Socket.IO packet type 5: BINARY_EVENT", "Socket.IO 数据包类型 5：BINARY_EVENT，带附件的事件";
    BINARY_ACK: "Socket.IO packet type 6: BINARY_ACK", "Socket.IO 数据包类型 6：BINARY_ACK，带附件的应答";
    ATTACHMENTS: "attachments that follow, each in a message of its own: {0}",
        "后面跟随的附件数：{0}，每个附件单独占一条消息";
    NAMESPACE: "namespace {0}", "命名空间 {0}";
    COMMA: "the comma that ends the namespace", "结束命名空间的逗号";
    ACK_ID: "ack id {0}: the sender waits for an answer with this number",
        "应答编号 {0}：发送方等待带有这个编号的应答";
    ACK_ID_OF_ANSWER: "ack id {0}: this answers the event with this number",
        "应答编号 {0}：这是对同编号事件的应答";
    ACK_ID_IGNORED: "an ack id, which has no meaning here", "应答编号，在这里没有意义";
    AUTH: "data of the CONNECT: from a client who it is, from a server its new id",
        "CONNECT 的数据：客户端用来表明身份，服务器用来告知新的 id";
    WHY_NOT: "why the client is not let in", "拒绝加入的原因";
    EVENT_NAME: "the event's name: {0}", "事件名：{0}";
    ARGUMENT: "argument {0}", "第 {0} 个参数";
    ARGUMENT_PART: "argument {0}, around its attachment", "第 {0} 个参数中附件以外的部分";
    MANY_ARGUMENTS: "more arguments, from {0} on", "其余参数，从第 {0} 个开始";
    PLACEHOLDER: "placeholder: attachment {0} belongs here", "占位符：附件 {0} 应放在这里";
    ARRAY_BEGINS: "JSON: the array begins", "JSON：数组开始";
    ARRAY_ENDS: "JSON: the array ends", "JSON：数组结束";
    ARRAY_EMPTY: "JSON: an empty array", "JSON：空数组";
    ARRAY_GOES_ON: "JSON: the next element follows", "JSON：下一个元素";

    // What is not understood.
    ERROR: "here it goes wrong", "从这里开始出错";
    REST: "not read any more", "之后的内容不再读取";

    // Summaries.
    SAYS_OPEN: "open: the session exists", "open：会话已建立";
    SAYS_CLOSE: "close: the session is over", "close：会话结束";
    SAYS_PING: "ping: are you there?", "ping：你还在吗？";
    SAYS_PONG: "pong: I am here", "pong：我在";
    SAYS_PROBE: "ping with probe: does this WebSocket work?", "带 probe 的 ping：这条 WebSocket 可用吗？";
    SAYS_PROBED: "pong with probe: this WebSocket works", "带 probe 的 pong：这条 WebSocket 可用";
    SAYS_UPGRADE: "upgrade: from now on by this WebSocket", "upgrade：从现在起使用这条 WebSocket";
    SAYS_NOOP: "noop: nothing, so that a waiting GET returns", "noop：没有内容，只为让等待中的 GET 返回";
    SAYS_BINARY: "message of {0} bytes: an attachment, or a packet in MessagePack",
        "{0} 字节的消息：附件，或 MessagePack 数据包";
    SAYS_TEXT: "message", "消息";
    SAYS_WRONG: "{0}: not understood", "{0}：无法理解";
    SAYS_CONNECT: "CONNECT to namespace {0}", "CONNECT，加入命名空间 {0}";
    SAYS_DISCONNECT: "DISCONNECT from namespace {0}", "DISCONNECT，离开命名空间 {0}";
    SAYS_CONNECT_ERROR: "CONNECT_ERROR: not let into namespace {0}", "CONNECT_ERROR，被拒绝加入命名空间 {0}";
    SAYS_EVENT: "{2} {0} in namespace {1}, wants no ack", "{2} {0}，命名空间 {1}，不要求应答";
    SAYS_EVENT_WITH_ID: "{2} {0} in namespace {1}, wants an ack with id {3}",
        "{2} {0}，命名空间 {1}，要求编号为 {3} 的应答";
    SAYS_ACK: "{1} of event {2} in namespace {0}", "{1}，应答命名空间 {0} 中编号为 {2} 的事件";
    SAYS_ATTACHMENT: "{0}; 1 attachment follows", "{0}；后面有 1 个附件";
    SAYS_ATTACHMENTS: "{0}; {1} attachments follow", "{0}；后面有 {1} 个附件";
    SAYS_NOTHING: "not understood", "无法理解";
    SAYS_MANY: "{0} packets: {1}", "{0} 个数据包：{1}";

    // What stands where something is wrong.
    FOUND_END: "the end", "结尾";
    FOUND_WANTED: "found {0}, wanted {1}", "此处是{0}，应为{1}";
    TITLE_ERROR: "error", "错误";
    TITLE_NOTE: "note", "注意";
    HINT: "hint: {0}", "提示：{0}";
    FOUND_NOTHING: "nothing", "什么也没有";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_and_what_fills_them_is_not_looked_at() {
        let words = Words { en: "{0} and {1}, {0}", zh: "{1}" };
        assert_eq!(words.say(Lang::En, &["{1}", "b"]), "{1} and b, {1}");
        assert_eq!(words.say(Lang::Zh, &["a", "b"]), "b");
        assert_eq!(words.say(Lang::Zh, &[]), "");
        let json = Words { en: "{\"a\":{0}}", zh: "{" };
        assert_eq!(json.say(Lang::En, &["1"]), "{\"a\":1}");
        assert_eq!(json.say(Lang::Zh, &["1"]), "{");
    }

    #[test]
    fn every_sentence_is_there_in_every_language_with_the_same_gaps() {
        for (name, words) in ALL {
            words.assert_complete(name);
        }
    }
}

#[cfg(test)]
impl Words {
    /// Both are there, the second in Chinese, and they have the same gaps.
    #[track_caller]
    pub(super) fn assert_complete(self, name: &str) {
        let gaps = |text: &str| {
            let mut gaps: Vec<_> = (0..9).filter(|n| text.contains(&format!("{{{n}}}"))).collect();
            gaps.dedup();
            gaps
        };
        assert_eq!(gaps(self.en), gaps(self.zh), "{name}");
        assert!(!self.en.is_empty() && self.en.is_ascii(), "{name}: {}", self.en);
        let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c) || c == '…';
        assert!(self.zh.chars().any(chinese), "{name}: {}", self.zh);
    }
}
