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
    OPEN: "Engine.IO packet type 0: open", "Engine.IO 包类型 0：open，会话已建立";
    CLOSE: "Engine.IO packet type 1: close", "Engine.IO 包类型 1：close，会话结束";
    PING: "Engine.IO packet type 2: ping", "Engine.IO 包类型 2：ping，心跳询问";
    PONG: "Engine.IO packet type 3: pong", "Engine.IO 包类型 3：pong，心跳应答";
    MESSAGE: "Engine.IO packet type 4: message", "Engine.IO 包类型 4：message，消息";
    UPGRADE: "Engine.IO packet type 5: upgrade", "Engine.IO 包类型 5：upgrade，切换到 WebSocket";
    NOOP: "Engine.IO packet type 6: noop", "Engine.IO 包类型 6：noop，不做任何事";
    HANDSHAKE: "the handshake: what the server says of the session", "握手信息：服务器对会话的说明";
    PROBE: "probe: does this WebSocket work?", "probe：试探这条 WebSocket 是否可用";
    PROBED: "probe: this WebSocket works", "probe：这条 WebSocket 可用";
    IGNORED: "data that nobody asks for behind this packet; it is ignored",
        "这种包后面不需要数据，会被忽略";
    DATA: "the message", "消息内容";
    SEPARATOR: "record separator (1e): the next packet begins", "记录分隔符（1e）：下一个包开始";
    BASE64_MARK: "b: a message of bytes, as base64", "b：二进制消息，以 base64 书写";
    BASE64: "{0} as base64", "{0}，以 base64 书写";
    LENGTH: "length of the next packet: {0}", "下一个包的长度：{0}";

    // Pieces of Socket.IO.
    CONNECT: "Socket.IO packet type 0: CONNECT", "Socket.IO 包类型 0：CONNECT，加入命名空间";
    DISCONNECT: "Socket.IO packet type 1: DISCONNECT", "Socket.IO 包类型 1：DISCONNECT，离开命名空间";
    EVENT: "Socket.IO packet type 2: EVENT", "Socket.IO 包类型 2：EVENT，事件";
    ACK: "Socket.IO packet type 3: ACK", "Socket.IO 包类型 3：ACK，对事件的确认";
    CONNECT_ERROR: "Socket.IO packet type 4: CONNECT_ERROR", "Socket.IO 包类型 4：CONNECT_ERROR，拒绝加入";
    BINARY_EVENT: "Socket.IO packet type 5: BINARY_EVENT", "Socket.IO 包类型 5：BINARY_EVENT，带附件的事件";
    BINARY_ACK: "Socket.IO packet type 6: BINARY_ACK", "Socket.IO 包类型 6：BINARY_ACK，带附件的确认";
    ATTACHMENTS: "attachments that follow, each in a message of its own: {0}",
        "后面跟随的附件数：{0}，每个附件单独占一条消息";
    NAMESPACE: "namespace {0}", "命名空间 {0}";
    COMMA: "the comma that ends the namespace", "结束命名空间的逗号";
    ACK_ID: "ack id {0}: the sender waits for an answer with this number",
        "确认编号 {0}：发送方等待带有这个编号的确认";
    ACK_ID_OF_ANSWER: "ack id {0}: this answers the event with this number",
        "确认编号 {0}：这是对同编号事件的确认";
    ACK_ID_IGNORED: "an ack id, which has no meaning here", "确认编号，在这里没有意义";
    AUTH: "data of the CONNECT: from a client who it is, from a server its new id",
        "CONNECT 的数据：客户端用来表明身份，服务器用来告知新的 id";
    WHY_NOT: "why the client is not let in", "拒绝加入的原因";
    EVENT_NAME: "the event's name: {0}", "事件名：{0}";
    ARGUMENT: "argument {0}", "第 {0} 个参数";
    ARGUMENT_PART: "argument {0}, around its attachment", "第 {0} 个参数中附件以外的部分";
    MANY_ARGUMENTS: "more arguments, from {0} on", "其余参数，从第 {0} 个开始";
    PLACEHOLDER: "placeholder: attachment {0} belongs here", "占位符：附件 {0} 应放在这里";
    PLACEHOLDER_FILLED: "placeholder: here belongs attachment {0}, {1}: {2}",
        "占位符：附件 {0} 应放在这里，{1}：{2}";
    ARRAY_BEGINS: "JSON: the array begins", "JSON：数组开始";
    ARRAY_ENDS: "JSON: the array ends", "JSON：数组结束";
    ARRAY_EMPTY: "JSON: an empty array", "JSON：空数组";
    ARRAY_GOES_ON: "JSON: the next element follows", "JSON：下一个元素";

    // What is not understood.
    ERROR: "here it goes wrong", "从这里开始出错";
    REST: "not read any more", "之后的内容不再读取";
    MORE: "more of it, which is not shown piece by piece", "其余内容，不再逐段显示";

    // Pieces of WebSocket frames.
    FRAME_TEXT: "a text frame", "文本帧";
    FRAME_BINARY: "a binary frame", "二进制帧";
    FRAME_MORE: "the next piece of a message", "消息的后续分片";
    FRAME_CLOSE: "a close frame of WebSocket", "WebSocket 的关闭帧";
    FRAME_PING: "a ping of WebSocket, which is not that of Engine.IO",
        "WebSocket 的 ping 帧，与 Engine.IO 的 ping 不同";
    FRAME_PONG: "a pong of WebSocket, which is not that of Engine.IO",
        "WebSocket 的 pong 帧，与 Engine.IO 的 pong 不同";
    FRAME_FIRST: "{0}, the first piece of a longer message", "{0}，是较长消息的第一个分片";
    FRAME_LAST: "{0}, and the last", "{0}，也是最后一个";
    FRAME_LENGTH: "no mask, so from a server; a payload of {0}", "没有掩码，因此来自服务器；内容长 {0}";
    FRAME_LENGTH_MASKED: "a mask, so from a client; a payload of {0}",
        "有掩码，因此来自客户端；内容长 {0}";
    FRAME_MASK: "the mask: every byte behind it is combined with one of these by exclusive or",
        "掩码：后面的每个字节都与其中一个字节做异或";
    FRAME_PAYLOAD: "a payload of {0}", "内容，{0}";
    ONE_BYTE: "1 byte", "1 字节";
    BYTES: "{0} bytes", "{0} 字节";
    BINARY: "a message of {0}", "{0}的二进制消息";
    FRAME_CODE: "close code {0}", "关闭码 {0}";
    FRAME_CODE_AND_REASON: "close code {0}, and why: {1}", "关闭码 {0}，原因：{1}";

    // Pieces of MessagePack.
    MSGPACK_MAP: "MessagePack: a map begins, with a key for each part of the packet",
        "MessagePack：映射开始，包的每个部分各有一个键";
    MSGPACK_DATA: "MessagePack: the data, an array", "MessagePack：数据，是一个数组";
    MSGPACK_OPTION: "MessagePack: what nobody asks for", "MessagePack：用不到的内容";
    MSGPACK_UNDEFINED: "MessagePack: no data", "MessagePack：没有数据";

    // Summaries.
    SAYS_OPEN: "open: the session exists", "open：会话已建立";
    SAYS_CLOSE: "close: the session is over", "close：会话结束";
    SAYS_PING: "ping: are you there?", "ping：你还在吗？";
    SAYS_PONG: "pong: I am here", "pong：我在";
    SAYS_PROBE: "ping with probe: does this WebSocket work?", "带 probe 的 ping：这条 WebSocket 可用吗？";
    SAYS_PROBED: "pong with probe: this WebSocket works", "带 probe 的 pong：这条 WebSocket 可用";
    SAYS_UPGRADE: "upgrade: from now on by this WebSocket", "upgrade：从现在起使用这条 WebSocket";
    SAYS_NOOP: "noop: nothing, so that a waiting GET returns", "noop：没有内容，只为让等待中的 GET 返回";
    SAYS_BINARY: "message of {0}: an attachment, or a packet in MessagePack",
        "{0}的消息：附件，或 MessagePack 包";
    SAYS_TEXT: "message", "消息";
    SAYS_WRONG: "{0}: not understood", "{0}：无法理解";
    SAYS_CONNECT: "CONNECT to namespace {0}", "CONNECT，加入命名空间 {0}";
    SAYS_DISCONNECT: "DISCONNECT from namespace {0}", "DISCONNECT，离开命名空间 {0}";
    SAYS_CONNECT_ERROR: "CONNECT_ERROR: not let into namespace {0}", "CONNECT_ERROR，被拒绝加入命名空间 {0}";
    SAYS_EVENT: "{2} {0} in namespace {1}, wants no ack", "{2} {0}，命名空间 {1}，不要求确认";
    SAYS_EVENT_WITH_ID: "{2} {0} in namespace {1}, wants an ack with id {3}",
        "{2} {0}，命名空间 {1}，要求编号为 {3} 的确认";
    SAYS_ACK: "{1} of event {2} in namespace {0}", "{1}，确认命名空间 {0} 中编号为 {2} 的事件";
    SAYS_ATTACHMENT: "{0}; 1 attachment follows", "{0}；后面有 1 个附件";
    SAYS_ATTACHMENTS: "{0}; {1} attachments follow", "{0}；后面有 {1} 个附件";
    SAYS_BOTH: "{0}, {1}", "{0}，{1}";
    SAYS_ATTACHED: "attachment of {0}", "{0}的附件";
    SAYS_COMPLETE: "{0}, and here they are", "{0}，都已到齐";
    SAYS_WITH_BYTES: "{0}; attachments in it: {1}", "{0}；其中的附件数：{1}";
    SAYS_COMPLETE_WITH_ONE: "{0}, and here it is", "{0}，已经收到";
    SAYS_NOTHING: "not understood", "无法理解";
    SAYS_MANY: "{0} in all: {1}", "共 {0} 个：{1}";

    // Hints for what many have got wrong before.
    HINT_LENGTH: "this begins with a length, as bodies of Engine.IO 3 do; this client is of Socket.IO 1 \
                  or 2: explain it with --eio3, and let it in with allow_eio3",
        "开头是长度，这是 Engine.IO 3 的正文写法，说明客户端是 Socket.IO 1 或 2：请用 --eio3 解读，\
         服务器需打开 allow_eio3 才会接受";
    HINT_BARE_JSON: "this is JSON alone; an event is an array behind the types of both layers: \
                     42[\"name\",{\"a\":1}]",
        "这里只有 JSON；事件是写在两层类型之后的数组：42[\"name\",{\"a\":1}]";
    HINT_QUOTED: "without the quotes around it: they belong to the program that it was copied from",
        "去掉外层的引号：那是复制来源的程序里的写法";
    HINT_LEADING_SPACE: "nothing may stand in front of the type, not even a space",
        "类型前面不能有任何东西，空格也不行";
    HINT_PLAIN_TEXT: "plain text is no Socket.IO packet: send it as an event, 42[\"message\",\"hello\"]; \
                      a client of bare Engine.IO or WebSocket can not talk to this server",
        "纯文本不是 Socket.IO 包：请作为事件发送，42[\"message\",\"hello\"]；只会 Engine.IO 或 WebSocket 的\
         客户端无法与这个服务器对话";
    HINT_NO_TYPE: "between the 4 and the JSON stands the type of the Socket.IO packet: 2 for an event",
        "4 和 JSON 之间还要写 Socket.IO 包的类型：事件是 2";
    HINT_NEGATIVE_ID: "ids have no sign: they are counted from 0", "编号没有正负号：从 0 开始计数";
    HINT_SPACE: "there is no space between the parts of a packet", "包的各部分之间没有空格";
    HINT_DASH: "a count of attachments belongs to the types 5 and 6: 451-[\"name\",...]",
        "附件数只用于类型 5 和 6：451-[\"name\",...]";
    HINT_BARE_NAME: "the name stands in the array as well: 42[\"name\"]", "事件名也要放在数组里：42[\"name\"]";
    HINT_COMMA_ALONE: "a comma only ends a namespace: the main one is joined by 40 alone",
        "逗号只用来结束命名空间：加入主命名空间只需 40";
    HINT_NULL: "leave it out: 40 joins without data", "省略即可：40 表示不带数据加入";
    HINT_RESERVED_CONNECT: "to join a namespace is a packet of its own, 40, and the client has an event of \
                            its own when it is in",
        "加入命名空间有专门的包 40；加入成功后，客户端库自己会触发这个事件";
    HINT_RESERVED_DISCONNECT: "to leave a namespace is a packet of its own, 41; call socket.disconnect()",
        "离开命名空间有专门的包 41；请调用 socket.disconnect()";
    HINT_RESERVED_ERROR: "to refuse a client is a packet of its own, 44, which only servers send",
        "拒绝客户端有专门的包 44，只有服务器发送";
    HINT_RESERVED_OTHER: "the event emitters of JavaScript use this name for themselves: choose another",
        "JavaScript 的 EventEmitter 自己在用这个名字：请换一个";
    HINT_SINGLE_QUOTES: "JSON has double quotes only: \"name\" and not 'name'",
        "JSON 只用双引号：写 \"name\"，不写 'name'";
    HINT_CURLY_QUOTES: "these are typographic quotes, as word processors make them; JSON has straight ones",
        "这是排版软件生成的弯引号；JSON 用直引号";
    HINT_TRAILING_COMMA: "JSON has no comma behind the last element", "JSON 的最后一个元素后面没有逗号";
    HINT_COMMENT: "JSON has no comments", "JSON 没有注释";
    HINT_UNDEFINED: "JSON has no undefined: write null", "JSON 没有 undefined：请写 null";
    HINT_NAN: "JSON has no NaN and no Infinity: write null, or a string",
        "JSON 没有 NaN 和 Infinity：请写 null 或字符串";
    HINT_PYTHON: "JSON writes true and false in small letters; in Python, json.dumps does so",
        "JSON 的 true 和 false 用小写；在 Python 中请使用 json.dumps";
    HINT_BARE_KEY: "keys of JSON stand in double quotes", "JSON 的键要写在双引号里";
    HINT_ESCAPE: "JSON knows these escapes: \\\" \\\\ \\/ \\b \\f \\n \\r \\t, and \\u with four digits",
        "JSON 只认这些转义：\\\" \\\\ \\/ \\b \\f \\n \\r \\t，以及 \\u 加四位十六进制数字";
    HINT_LEADING_ZERO: "numbers of JSON do not begin with a 0, unless it is the only digit",
        "JSON 的数字不能以 0 开头，除非只有这一位";
    HINT_FRAME_CUT: "the frame announces a payload of {0}, and of that there is {1}; was all of it copied?",
        "帧头写明内容有 {0}，这里只有 {1}；是否复制完整？";
    HINT_MSGPACK: "in MessagePack the data of an event are \"data\": [\"name\", 1, 2], and an ACK has an \
                   \"id\" as well",
        "在 MessagePack 中，事件的数据是 \"data\": [\"name\", 1, 2]，ACK 还要有 \"id\"";
    HINT_CONTROL: "within a string, JSON writes this character as an escape: a new line is \\n",
        "在字符串里，JSON 要用转义来写这个字符：换行写作 \\n";
    HINT_TWO_VALUES: "there is one value in a packet: put both into one array",
        "一个包里只有一个值：请把两者放进同一个数组";
    HINT_BEHIND_THE_END: "the packet is complete before this; several packets are a body, with the character \
                          1e between them: explain it with --payload",
        "到这里包已经完整；多个包放在一起是正文，中间用字符 1e 分隔：请用 --payload 解读";

    // What stands where something is wrong.
    WANTED_KEY: "a key in double quotes, or `}`", "双引号里的键，或 `}`";
    WANTED_VALUE: "a value: a string in double quotes, a number, true, false, null, `[` or `{`",
        "一个值：双引号里的字符串、数字、true、false、null、`[` 或 `{`";
    WANTED_ELEMENT: "another element, or no comma in front", "再写一个元素，或者去掉前面的逗号";
    WANTED_AFTER_STRING: "a comma, a colon behind a key, or the bracket that closes",
        "逗号、键后面的冒号，或右括号";
    WANTED_NEXT: "a comma, the bracket that closes, or the end", "逗号、右括号或者结尾";
    FOUND_SPACE: "a space", "一个空格";
    FOUND_SEPARATOR: "the record separator (1e)", "记录分隔符（1e）";
    FOUND_END: "the end", "结尾";
    FOUND_WANTED: "found {0}, wanted {1}", "遇到 {0}；期望：{1}";
    TITLE_ERROR: "error", "错误";
    TITLE_NOTE: "note", "注意";
    HINT: "hint: {0}", "提示：{0}";
    FOUND_NOTHING: "nothing", "空内容";
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
        let chinese = |c: char| !c.is_ascii();
        assert!(self.zh.chars().any(chinese), "{name}: {}", self.zh);
    }
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
