//! What can be wrong with a packet: the code of it, its sentences, and the rule it breaks.
//!
//! ```text
//!   SIO-NO-ARRAY   message  an event has its data in a JSON array, and there is none
//!                  wanted   "[", the name of the event, its arguments, "]"
//!                  clause   SIO5-EVENT-1
//! ```
//!
//! Core file. The codes are stable: programs may ask for them.

use super::words::Words;

/// One kind of fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) code: &'static str,
    /// An id of `spec/`, or a heading of a specification.
    pub(super) clause: &'static str,
    pub(super) message: Words,
    pub(super) wanted: Words,
    /// What to do, if nothing more is known.
    pub(super) hint: Option<Words>,
}

macro_rules! rules {
    ($($name:ident: $code:literal, $clause:literal {
        message: $en:literal, $zh:literal;
        wanted: $wanted_en:literal, $wanted_zh:literal;
        $(hint: $hint_en:literal, $hint_zh:literal;)?
    })*) => {
        $(pub(super) const $name: Rule = Rule {
            code: $code,
            clause: $clause,
            message: Words { en: $en, zh: $zh },
            wanted: Words { en: $wanted_en, zh: $wanted_zh },
            hint: rules!(@hint $($hint_en, $hint_zh)?),
        };)*

        #[cfg(test)]
        const ALL: &[Rule] = &[$($name,)*];
    };
    (@hint) => { None };
    (@hint $en:literal, $zh:literal) => { Some(Words { en: $en, zh: $zh }) };
}

rules! {
    // Engine.IO.
    EMPTY: "EIO-EMPTY", "Engine.IO v4: Packet encoding" {
        message: "a packet begins with its type, and here is none",
            "数据包以类型开头，而这里什么也没有";
        wanted: "a character from 0 to 6, or b", "0 到 6 之间的一个字符，或 b";
        hint: "to say nothing, send nothing: an empty frame is no packet, and a body neither begins \
               nor ends with a separator",
            "没有内容就不要发送：空帧不是数据包，请求正文的开头和结尾也没有分隔符";
    }
    UNKNOWN_TYPE: "EIO-UNKNOWN-TYPE", "Engine.IO v4: Protocol" {
        message: "there is no Engine.IO packet of this type", "没有这种类型的 Engine.IO 数据包";
        wanted: "0 open, 1 close, 2 ping, 3 pong, 4 message, 5 upgrade, 6 noop, or b and base64",
            "0 open、1 close、2 ping、3 pong、4 message、5 upgrade、6 noop，或 b 加 base64";
        hint: "whatever an application sends goes into a message: put a 4 in front",
            "应用发送的内容都要放在消息里：在前面加上 4";
    }
    INVALID_BASE64: "EIO-BASE64", "EIO4-ENCODING-1" {
        message: "behind a b stands base64, and this is none", "b 后面应该是 base64，而这里不是";
        wanted: "A-Z, a-z, 0-9, + and /, four characters for three bytes, = at the end only",
            "A-Z、a-z、0-9、+ 和 /，每三个字节写成四个字符，= 只能出现在结尾";
        hint: "text is sent as it is, behind a 4; the alphabet for URLs (- and _) is not taken",
            "文本直接写在 4 后面即可；URL 专用字母表（- 和 _）不被接受";
    }
    INVALID_LENGTH: "EIO3-LENGTH", "Engine.IO v3: Payload" {
        message: "in revision 3 a packet of a body begins with its length, and here is none",
            "在第 3 版协议中，正文里的每个数据包以长度开头，而这里没有长度";
        wanted: "1 to 10 digits and a colon, such as 6:4hello", "1 到 10 位数字加冒号，例如 6:4hello";
        hint: "a client of today sends no lengths: read it as a payload of revision 4",
            "如今的客户端不发送长度：请按第 4 版的正文来读";
    }
    LENGTH_BEYOND: "EIO3-LENGTH-BEYOND", "Engine.IO v3: Payload" {
        message: "the packet ends beyond the body", "数据包的结尾超出了正文";
        wanted: "a length that the body still has", "不超过正文剩余部分的长度";
        hint: "in a body of text the length counts UTF-16 code units, not bytes; among bytes it \
               counts bytes",
            "在文本正文中，长度按 UTF-16 编码单元计算，而不是字节；在二进制正文中才按字节计算";
    }
    LENGTH_INSIDE: "EIO3-LENGTH-INSIDE", "Engine.IO v3: Payload" {
        message: "the packet ends in the middle of a character", "数据包在一个字符的中间结束";
        wanted: "a length that counts both UTF-16 code units of such a character",
            "长度应计入这种字符的两个 UTF-16 编码单元";
    }
    UNKNOWN_FORM: "EIO3-FORM", "Engine.IO v3: Payload" {
        message: "a packet among bytes begins with what it is, text or bytes",
            "二进制正文里的数据包，开头要说明是文本还是字节";
        wanted: "00 for text or 01 for bytes", "00 表示文本，01 表示字节";
    }
    NOT_UTF8: "EIO-UTF8", "RFC 6455, section 5.6" {
        message: "text that is not UTF-8", "文本不是 UTF-8";
        wanted: "UTF-8, or a message of bytes", "UTF-8 文本，或者二进制消息";
    }

    // Socket.IO.
    SIO_EMPTY: "SIO-EMPTY", "Socket.IO v5: Packet encoding" {
        message: "a message holds a Socket.IO packet, and this one is empty",
            "消息里应有一个 Socket.IO 数据包，而这条消息是空的";
        wanted: "a type from 0 to 6", "0 到 6 之间的类型";
        hint: "4 is only the envelope; an event is 42[\"name\"], to join the main namespace is 40",
            "4 只是信封；发送事件写作 42[\"name\"]，加入主命名空间写作 40";
    }
    SIO_UNKNOWN_TYPE: "SIO-UNKNOWN-TYPE", "Socket.IO v5: Exchange protocol" {
        message: "there is no Socket.IO packet of this type", "没有这种类型的 Socket.IO 数据包";
        wanted: "0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR, 5 BINARY_EVENT or \
                 6 BINARY_ACK",
            "0 CONNECT、1 DISCONNECT、2 EVENT、3 ACK、4 CONNECT_ERROR、5 BINARY_EVENT 或 6 BINARY_ACK";
        hint: "behind the 4 of Engine.IO comes the type of the Socket.IO packet: an event is \
               42[\"name\",...]",
            "Engine.IO 的 4 后面是 Socket.IO 数据包的类型：事件写作 42[\"name\",...]";
    }
    NO_COUNT: "SIO-NO-COUNT", "Socket.IO v5: Packet encoding" {
        message: "a binary packet says how many attachments follow, and this one does not",
            "二进制数据包要写明后面有几个附件，而这里没有写";
        wanted: "digits and a -, such as 51-[...] for one attachment",
            "数字加 -，例如 51-[...] 表示一个附件";
        hint: "without attachments it is an EVENT (2) or an ACK (3)",
            "没有附件的话，应当用 EVENT（2）或 ACK（3）";
    }
    ZERO_ATTACHMENTS: "SIO-ZERO-ATTACHMENTS", "Socket.IO v5: Packet encoding" {
        message: "a binary packet has attachments, and this one announces none",
            "二进制数据包必须有附件，而这里写的是 0 个";
        wanted: "at least 1", "至少 1";
        hint: "without attachments it is an EVENT (2) or an ACK (3)",
            "没有附件的话，应当用 EVENT（2）或 ACK（3）";
    }
    TOO_MANY_ATTACHMENTS: "SIO-TOO-MANY-ATTACHMENTS", "Socket.IO v5: Packet encoding" {
        message: "more attachments than a server takes with one packet",
            "附件数超过了服务器对一个数据包的上限";
        wanted: "at most 10, unless the server is told otherwise", "最多 10 个，除非服务器另有设置";
        hint: "send several events, or put the bytes together",
            "分成几个事件发送，或者把字节拼接在一起";
    }
    ACK_ID_TOO_LARGE: "SIO-ACK-ID", "SIO5-ACK-1" {
        message: "an ack id that JavaScript can not count up to", "应答编号超出了 JavaScript 能精确表示的范围";
        wanted: "at most 9007199254740992, which is 2 to the power of 53",
            "最大 9007199254740992，即 2 的 53 次方";
        hint: "count from 0 for each connection", "每个连接从 0 开始计数即可";
    }
    NO_ACK_ID: "SIO-NO-ACK-ID", "SIO5-ACK-2" {
        message: "an ACK says which event it answers, and this one does not",
            "ACK 要说明应答的是哪个事件，而这里没有";
        wanted: "the digits of the event's ack id, such as 4312[...]",
            "事件的应答编号，例如 4312[...] 中的 12";
        hint: "4212[\"name\"] is answered by 4312[...]", "4212[\"name\"] 的应答是 4312[...]";
    }
    NO_ARRAY: "SIO-NO-ARRAY", "SIO5-EVENT-1" {
        message: "the data of an event are a JSON array, and here is none",
            "事件的数据是一个 JSON 数组，而这里没有";
        wanted: "[ and the name of the event", "[ 和事件名";
        hint: "an event is an array of its name and its arguments: 42[\"name\",1,2]",
            "事件写成由事件名和参数组成的数组：42[\"name\",1,2]";
    }
    NO_ARRAY_IN_ACK: "SIO-ACK-NO-ARRAY", "SIO5-ACK-3" {
        message: "the data of an ACK are a JSON array, and here is none",
            "ACK 的数据是一个 JSON 数组，而这里没有";
        wanted: "[ and what is answered, such as 4312[\"ok\"]", "[ 和应答内容，例如 4312[\"ok\"]";
        hint: "an answer without content is an empty array: 4312[]", "没有内容的应答是空数组：4312[]";
    }
    NOT_AN_OBJECT: "SIO-NOT-AN-OBJECT", "Socket.IO v5: Connection to a namespace" {
        message: "what comes with a CONNECT is a JSON object", "CONNECT 附带的数据必须是 JSON 对象";
        wanted: "{ or the end", "{ 或者结尾";
        hint: "put it into an object, such as 40{\"token\":\"abc\"}",
            "请放进对象里，例如 40{\"token\":\"abc\"}";
    }
    NO_REASON: "SIO-NO-REASON", "Socket.IO v5: Connection to a namespace" {
        message: "a CONNECT_ERROR says why, in a JSON object", "CONNECT_ERROR 要用 JSON 对象说明原因";
        wanted: "{, such as 44{\"message\":\"Not authorized\"}",
            "{，例如 44{\"message\":\"Not authorized\"}";
    }
    UNWANTED_DATA: "SIO-UNWANTED-DATA", "Socket.IO v5: Disconnection from a namespace" {
        message: "a DISCONNECT has no data", "DISCONNECT 没有数据";
        wanted: "the end", "结尾";
        hint: "to say why, send an event before", "想说明原因的话，请先发送一个事件";
    }
    NO_EVENT_NAME: "SIO-NO-EVENT-NAME", "SIO5-EVENT-1" {
        message: "an event begins with its name, and here is none", "事件以事件名开头，而这里没有";
        wanted: "a string or a number as the first element", "第一个元素应是字符串或数字";
        hint: "42[\"name\",...]", "42[\"name\",...]，事件名放在最前面";
    }
    RESERVED_EVENT: "SIO-RESERVED-EVENT", "Socket.IO v5: Sending and receiving data" {
        message: "the library gives this event a meaning of its own, so nobody may send it",
            "这个事件名由库保留，任何一方都不能发送";
        wanted: "a name other than connect, connect_error, disconnect, disconnecting, newListener \
                 and removeListener",
            "connect、connect_error、disconnect、disconnecting、newListener 和 removeListener 以外的名字";
        hint: "to leave a namespace, send the packet DISCONNECT: 41",
            "离开命名空间应发送 DISCONNECT 数据包：41";
    }
    INVALID_JSON: "SIO-JSON", "Socket.IO v5: Packet encoding" {
        message: "this is no JSON", "这不是合法的 JSON";
        wanted: "what JSON allows at this place", "JSON 在此处允许的内容";
    }
    CUT_JSON: "SIO-JSON-CUT", "Socket.IO v5: Packet encoding" {
        message: "the JSON ends before it is complete", "JSON 还没有结束就中断了";
        wanted: "the rest of it", "余下的部分";
        hint: "count the brackets and the quotes; or was the packet cut off on its way?",
            "检查括号和引号是否成对；或者数据包在传输中被截断了？";
    }
    NO_SUCH_ATTACHMENT: "SIO-PLACEHOLDER", "Socket.IO v5: Packet encoding" {
        message: "a placeholder asks for an attachment that is not announced",
            "占位符所指的附件不在声明的附件之中";
        wanted: "\"num\" in digits, from 0 to one less than the number of attachments",
            "\"num\" 为数字，从 0 到附件数减 1";
        hint: "attachments are counted from 0: the first one is {\"_placeholder\":true,\"num\":0}",
            "附件从 0 开始编号：第一个是 {\"_placeholder\":true,\"num\":0}";
    }
    TOO_DEEP: "SIO-TOO-DEEP", "Socket.IO v5: Packet encoding" {
        message: "arrays and objects nested deeper than 128 levels in a packet with attachments",
            "带附件的数据包中，数组和对象嵌套超过了 128 层";
        wanted: "at most 128 levels", "最多 128 层";
        hint: "send the data flatter, or without attachments", "请减少嵌套层数，或者不带附件发送";
    }
}

#[cfg(test)]
mod tests {
    use super::super::clauses::sentence;
    use super::*;

    #[test]
    fn every_rule_is_there_in_every_language_and_has_a_code_of_its_own() {
        let mut codes: Vec<_> = ALL.iter().map(|rule| rule.code).collect();
        for rule in ALL {
            rule.message.assert_complete(rule.code);
            rule.wanted.assert_complete(rule.code);
            if let Some(hint) = rule.hint {
                hint.assert_complete(rule.code);
            }
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ALL.len());
    }

    #[test]
    fn a_clause_with_an_id_has_its_sentence() {
        for rule in ALL.iter().filter(|rule| !rule.clause.contains([':', ','])) {
            assert!(sentence(rule.clause).is_some(), "{}", rule.clause);
        }
    }
}
