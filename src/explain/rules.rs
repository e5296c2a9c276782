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
            "包以类型开头，而这里什么也没有";
        wanted: "a digit from `0` to `6`, or `b`", "`0` 到 `6` 之间的一个数字，或 `b`";
        hint: "to say nothing, send nothing: an empty frame is no packet, and a body neither begins \
               nor ends with a separator",
            "没有内容就不要发送：空帧不是包，请求正文的开头和结尾也没有分隔符";
    }
    UNKNOWN_TYPE: "EIO-UNKNOWN-TYPE", "Engine.IO v4: Protocol" {
        message: "there is no Engine.IO packet of this type", "没有这种类型的 Engine.IO 包";
        wanted: "`0` open, `1` close, `2` ping, `3` pong, `4` message, `5` upgrade, `6` noop, or `b` \
                 and base64",
            "`0` open、`1` close、`2` ping、`3` pong、`4` message、`5` upgrade、`6` noop，或 `b` 加 base64";
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
            "在第 3 版协议中，正文里的每个包以长度开头，而这里没有长度";
        wanted: "1 to 10 digits and a colon, such as the `6:` of `6:4hello`",
            "1 到 10 位数字加冒号，例如 `6:4hello` 开头的 `6:`";
        hint: "a client of today sends no lengths: read it as a payload of revision 4",
            "如今的客户端不发送长度：请按第 4 版的正文来读";
    }
    LENGTH_BEYOND: "EIO3-LENGTH-BEYOND", "Engine.IO v3: Payload" {
        message: "the packet ends beyond the body", "包的结尾超出了正文";
        wanted: "a length that the body still has", "不超过正文剩余部分的长度";
        hint: "in a body of text the length counts UTF-16 code units, not bytes; among bytes it \
               counts bytes",
            "在文本正文中，长度按 UTF-16 编码单元计算，而不是字节；在二进制正文中才按字节计算";
    }
    LENGTH_INSIDE: "EIO3-LENGTH-INSIDE", "Engine.IO v3: Payload" {
        message: "the packet ends in the middle of a character", "包在一个字符的中间结束";
        wanted: "a length that counts both UTF-16 code units of such a character",
            "长度应计入这种字符的两个 UTF-16 编码单元";
    }
    UNKNOWN_FORM: "EIO3-FORM", "Engine.IO v3: Payload" {
        message: "a packet among bytes begins with what it is, text or bytes",
            "二进制正文里的包，开头要说明是文本还是字节";
        wanted: "00 for text or 01 for bytes", "00 表示文本，01 表示字节";
    }
    NOT_UTF8: "EIO-UTF8", "RFC 6455, section 5.6" {
        message: "text that is not UTF-8", "文本不是 UTF-8";
        wanted: "UTF-8, or a message of bytes", "UTF-8 文本，或者二进制消息";
    }

    // What is taken, and hardly meant.
    NOTE_IGNORED: "NOTE-IGNORED", "Engine.IO v4: Protocol" {
        message: "this packet has no data, so these are ignored", "这种包不带数据，这部分会被忽略";
        wanted: "the end", "结尾";
    }
    NOTE_NO_MESSAGE: "NOTE-NO-MESSAGE", "Engine.IO v4: Protocol" {
        message: "this looks like a Socket.IO packet, but to Engine.IO it is something else, and the \
                  data are ignored",
            "看起来是 Socket.IO 包，但在 Engine.IO 眼里是另一种包，数据会被忽略";
        wanted: "a 4 in front: every Socket.IO packet travels in a message",
            "前面有一个 4：每个 Socket.IO 包都放在消息里发送";
        hint: "2[\"name\"] is a ping, 42[\"name\"] is an event", "2[\"name\"] 是 ping，42[\"name\"] 才是事件";
    }
    NOTE_LENGTH: "NOTE-LENGTH", "Engine.IO v3: Payload" {
        message: "this looks like a body of Engine.IO 3, in which lengths stand in front of packets",
            "看起来是 Engine.IO 3 的正文，每个包前面写有长度";
        wanted: "a packet without its length", "不带长度的包";
        hint: "explain it with --eio3; a client that writes so is of Socket.IO 1 or 2, and is let in \
               with allow_eio3",
            "请用 --eio3 解读；这样写的客户端是 Socket.IO 1 或 2，服务器需打开 allow_eio3 才会接受";
    }
    NOTE_SWALLOWED: "NOTE-SWALLOWED", "Socket.IO v5: Packet encoding" {
        message: "without a comma, this is part of the namespace's name",
            "没有逗号，这部分就成了命名空间名字的一部分";
        wanted: "a comma in front of it", "在它前面写一个逗号";
        hint: "40/chat,{\"token\":\"abc\"}", "写成 40/chat,{\"token\":\"abc\"}，注意逗号";
    }
    NOTE_PLACEHOLDER: "NOTE-PLACEHOLDER", "Socket.IO v5: Packet encoding" {
        message: "in a packet without attachments this is an object like any other",
            "在没有附件的包里，这只是一个普通的对象";
        wanted: "the type 5 and the number of attachments, if bytes are to follow",
            "如果后面有字节，应使用类型 5 并写明附件数";
        hint: "451-[\"name\",{\"_placeholder\":true,\"num\":0}]",
            "写成 451-[\"name\",{\"_placeholder\":true,\"num\":0}]，1 是附件数";
    }
    NOTE_STRAY: "NOTE-STRAY", "Socket.IO v5: Packet encoding" {
        message: "bytes that no packet before them has announced; Socket.IO closes the session",
            "前面没有包声明过这些字节；Socket.IO 会关闭会话";
        wanted: "a packet of type 5 or 6 in front", "前面有类型 5 或 6 的包";
    }
    NOTE_MISSING: "NOTE-MISSING", "Socket.IO v5: Packet encoding" {
        message: "not all attachments that were announced are here", "声明的附件还没有全部到齐";
        wanted: "the next attachment", "下一个附件";
        hint: "a server waits for them, ten seconds unless it is told otherwise, and then closes",
            "服务器会等待，默认十秒，之后关闭会话";
    }

    // WebSocket.
    RESERVED_BITS: "WS-RESERVED-BITS", "RFC 6455, section 5.2" {
        message: "a frame has a reserved bit set, and no extension gives it a meaning",
            "帧头设置了保留位，而没有协商任何使用它的扩展";
        wanted: "a first byte without 40, 20 and 10, such as 81 for text and 82 for bytes",
            "第一个字节不含 40、20、10 这几位，例如文本用 81，二进制用 82";
        hint: "if it is 40, the frame is compressed: take it without permessage-deflate",
            "如果是 40，说明帧经过压缩：请关闭 permessage-deflate 再抓取";
    }
    RESERVED_CODE: "WS-RESERVED-CODE", "RFC 6455, section 5.2" {
        message: "there is no WebSocket frame of this kind", "没有这种 WebSocket 帧";
        wanted: "0 more, 1 text, 2 bytes, 8 close, 9 ping or a pong as the second digit",
            "第二个十六进制数字应为 0 后续、1 文本、2 二进制、8 关闭、9 ping 或 a（pong）";
        hint: "is this the beginning of a frame? A packet in MessagePack is explained with --msgpack",
            "这里是帧的开头吗？MessagePack 包请用 --msgpack 来解读";
    }
    LONG_CONTROL: "WS-CONTROL", "RFC 6455, section 5.5" {
        message: "a close, a ping or a pong of WebSocket is one short frame",
            "WebSocket 的关闭、ping、pong 帧只能是一个短帧";
        wanted: "at most 125 bytes, in one piece", "最多 125 字节，且不分片";
    }
    NO_BEGINNING: "WS-NO-BEGINNING", "RFC 6455, section 5.4" {
        message: "the next piece of a message that has not begun", "后续分片前面没有开头的分片";
        wanted: "a frame of text (01, 81) or of bytes (02, 82)", "文本帧（01、81）或二进制帧（02、82）";
        hint: "start with the first frame of the message", "请从这条消息的第一帧开始";
    }
    NO_END: "WS-NO-END", "RFC 6455, section 5.4" {
        message: "a new message begins before the one at hand has ended",
            "前一条消息还没有结束，又开始了新的消息";
        wanted: "the next piece (00), or the last one (80)", "后续分片（00），或最后一个分片（80）";
    }
    FRAME_CUT: "WS-CUT", "RFC 6455, section 5.2" {
        message: "the frame ends before all of it is there", "帧还没有完整就结束了";
        wanted: "as many bytes as its head announces", "与帧头所写的长度一致的字节数";
        hint: "were all bytes copied? Those of a client have four bytes of mask in front of them",
            "字节复制完整了吗？客户端的帧在内容之前还有四个字节的掩码";
    }

    // Between the messages of one packet.
    TEXT_AMONG_ATTACHMENTS: "SIO-TEXT-AMONG-ATTACHMENTS", "Socket.IO v5: Packet encoding" {
        message: "the packet before announced attachments, and text came before all of them had",
            "前一个包声明了附件，附件还没有到齐就出现了文本";
        wanted: "the next attachment, a message of bytes", "下一个附件，即二进制消息";
        hint: "attachments follow their packet at once; whoever sends from several tasks has to keep \
               them together",
            "附件必须紧跟在包的后面；从多个任务发送时，要保证它们不被打断";
    }
    STRAY_ATTACHMENT: "SIO-STRAY-ATTACHMENT", "Socket.IO v5: Packet encoding" {
        message: "bytes came that no packet has announced", "出现了没有任何包声明过的字节";
        wanted: "nothing more", "没有更多内容";
        hint: "a packet announces its attachments in front: 451-[\"name\",\
               {\"_placeholder\":true,\"num\":0}]",
            "包要在前面声明附件数：451-[\"name\",{\"_placeholder\":true,\"num\":0}]";
    }

    // MessagePack.
    MSGPACK_CUT: "MSGPACK-CUT", "MessagePack: Formats" {
        message: "the MessagePack ends before the packet does", "MessagePack 还没有结束就中断了";
        wanted: "the bytes that lengths before have announced", "前面的长度所声明的字节";
        hint: "were all bytes copied?", "字节复制完整了吗？";
    }
    MSGPACK_TRAILING: "MSGPACK-TRAILING", "MessagePack: Formats" {
        message: "there are bytes behind the end of the packet", "包结束之后还有多余的字节";
        wanted: "the end: a message is one packet", "结尾：一条消息就是一个包";
    }
    MSGPACK_RESERVED: "MSGPACK-RESERVED", "MessagePack: Formats" {
        message: "the byte c1 means nothing in MessagePack", "字节 c1 在 MessagePack 中没有意义";
        wanted: "any other byte", "其他任何字节";
    }
    MSGPACK_NOT_A_MAP: "MSGPACK-NOT-A-MAP", "Socket.IO v5: Packet encoding" {
        message: "a packet in MessagePack is a map, and this is none",
            "MessagePack 形式的包是一个映射，而这里不是";
        wanted: "80 to 8f, de or df, and the keys type, nsp, data and id",
            "80 到 8f、de 或 df，以及键 type、nsp、data 和 id";
        hint: "a server with the usual parser expects text: 42[\"name\"]",
            "使用默认解析器的服务器要求文本：42[\"name\"]";
    }
    MSGPACK_KEY: "MSGPACK-KEY", "MessagePack: Formats" {
        message: "a key that is neither text nor a whole number", "键既不是文本也不是整数";
        wanted: "text", "文本";
    }
    MSGPACK_TYPE: "MSGPACK-TYPE", "Socket.IO v5: Exchange protocol" {
        message: "the packet has no type, or one that there is not", "包没有类型，或者类型不存在";
        wanted: "\"type\": 0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK or 4 CONNECT_ERROR",
            "\"type\"：0 CONNECT、1 DISCONNECT、2 EVENT、3 ACK 或 4 CONNECT_ERROR";
        hint: "bytes stand among the data here, so there are no types 5 and 6",
            "字节直接写在数据里，因此没有类型 5 和 6";
    }
    MSGPACK_NAMESPACE: "MSGPACK-NAMESPACE", "Socket.IO v5: Packet encoding" {
        message: "the packet does not say for which namespace it is", "包没有写明所属的命名空间";
        wanted: "\"nsp\": text, such as \"/\"", "\"nsp\"：文本，例如 \"/\"";
        hint: "in MessagePack the main namespace is not left out", "在 MessagePack 中，主命名空间也不能省略";
    }
    MSGPACK_ID: "MSGPACK-ID", "SIO5-ACK-1" {
        message: "an ack id that is no whole number", "确认编号不是整数";
        wanted: "\"id\": a number from 0 on", "\"id\"：从 0 开始的整数";
    }
    MSGPACK_TOO_MANY_BYTES: "MSGPACK-TOO-MANY-BYTES", "Socket.IO v5: Packet encoding" {
        message: "the attachments are too long together", "附件加起来太长";
        wanted: "less of them", "更少的字节";
    }
    MSGPACK_BYTES_IN_CONNECT: "MSGPACK-BYTES-IN-CONNECT", "Socket.IO v5: Packet encoding" {
        message: "bytes in the data of a packet that has none", "这种包的数据里不能有字节";
        wanted: "what JSON can say", "JSON 能表达的内容";
        hint: "put the bytes into text, as base64", "把字节写成 base64 文本";
    }
    MSGPACK_LOOKALIKE: "MSGPACK-LOOKALIKE", "Socket.IO v5: Packet encoding" {
        message: "beside bytes there is a map that reads like a placeholder",
            "字节旁边有一个看起来像占位符的映射";
        wanted: "no map with \"_placeholder\": true", "不含 \"_placeholder\": true 的映射";
    }

    // Socket.IO.
    NO_COMMA: "SIO-NO-COMMA", "Socket.IO v5: Packet encoding" {
        message: "without a comma behind it, the namespace goes on to the end of the packet",
            "命名空间后面没有逗号，于是直到包的结尾都被当作命名空间的名字";
        wanted: "a comma in front of it", "在它前面写一个逗号";
        hint: "42/chat,[\"name\"] and not 42/chat[\"name\"]",
            "写成 42/chat,[\"name\"]，而不是 42/chat[\"name\"]";
    }
    SIO_EMPTY: "SIO-EMPTY", "Socket.IO v5: Packet encoding" {
        message: "a message holds a Socket.IO packet, and this one is empty",
            "消息里应有一个 Socket.IO 包，而这条消息是空的";
        wanted: "a type from `0` to `6`", "`0` 到 `6` 之间的类型";
        hint: "4 is only the envelope; an event is 42[\"name\"], to join the main namespace is 40",
            "4 只是信封；发送事件写作 42[\"name\"]，加入主命名空间写作 40";
    }
    SIO_UNKNOWN_TYPE: "SIO-UNKNOWN-TYPE", "Socket.IO v5: Exchange protocol" {
        message: "there is no Socket.IO packet of this type", "没有这种类型的 Socket.IO 包";
        wanted: "`0` CONNECT, `1` DISCONNECT, `2` EVENT, `3` ACK, `4` CONNECT_ERROR, \
                 `5` BINARY_EVENT or `6` BINARY_ACK",
            "`0` CONNECT、`1` DISCONNECT、`2` EVENT、`3` ACK、`4` CONNECT_ERROR、`5` BINARY_EVENT 或 \
             `6` BINARY_ACK";
        hint: "behind the 4 of Engine.IO comes the type of the Socket.IO packet: an event is \
               42[\"name\",...]",
            "Engine.IO 的 4 后面是 Socket.IO 包的类型：事件写作 42[\"name\",...]";
    }
    NO_COUNT: "SIO-NO-COUNT", "Socket.IO v5: Packet encoding" {
        message: "a binary packet says how many attachments follow, and this one does not",
            "二进制包要写明后面有几个附件，而这里没有写";
        wanted: "digits and a `-`, such as `451-[...]` for one attachment",
            "数字加 `-`，例如 `451-[...]` 表示一个附件";
        hint: "without attachments it is an EVENT (42) or an ACK (43)",
            "没有附件的话，应当用 EVENT（42）或 ACK（43）";
    }
    ZERO_ATTACHMENTS: "SIO-ZERO-ATTACHMENTS", "Socket.IO v5: Packet encoding" {
        message: "a binary packet has attachments, and this one announces none",
            "二进制包必须有附件，而这里写的是 0 个";
        wanted: "at least 1", "至少 1";
        hint: "without attachments it is an EVENT (42) or an ACK (43)",
            "没有附件的话，应当用 EVENT（42）或 ACK（43）";
    }
    TOO_MANY_ATTACHMENTS: "SIO-TOO-MANY-ATTACHMENTS", "Socket.IO v5: Packet encoding" {
        message: "more attachments than a server takes with one packet",
            "附件数超过了服务器对一个包的上限";
        wanted: "at most 10, unless the server is told otherwise", "最多 10 个，除非服务器另有设置";
        hint: "send several events, or put the bytes together",
            "分成几个事件发送，或者把字节拼接在一起";
    }
    ACK_ID_TOO_LARGE: "SIO-ACK-ID", "SIO5-ACK-1" {
        message: "an ack id that JavaScript can not count up to", "确认编号超出了 JavaScript 能精确表示的范围";
        wanted: "at most 9007199254740992, which is 2 to the power of 53",
            "最大 9007199254740992，即 2 的 53 次方";
        hint: "count from 0 for each connection", "每个连接从 0 开始计数即可";
    }
    NO_ACK_ID: "SIO-NO-ACK-ID", "SIO5-ACK-2" {
        message: "an ACK says which event it answers, and this one does not",
            "ACK 要说明确认的是哪个事件，而这里没有";
        wanted: "the ack id of that event in digits, such as the 12 in `4312[...]`",
            "那个事件的确认编号，例如 `4312[...]` 中的 12";
        hint: "4212[\"name\"] is answered by 4312[...]", "4212[\"name\"] 的确认是 4312[...]";
    }
    NO_ARRAY: "SIO-NO-ARRAY", "SIO5-EVENT-1" {
        message: "the data of an event are a JSON array, and here is none",
            "事件的数据是一个 JSON 数组，而这里没有";
        wanted: "`[`, and behind it the name of the event", "`[`，后面跟事件名";
        hint: "an event is an array of its name and its arguments: 42[\"name\",1,2]",
            "事件写成由事件名和参数组成的数组：42[\"name\",1,2]";
    }
    NO_ARRAY_IN_ACK: "SIO-ACK-NO-ARRAY", "SIO5-ACK-3" {
        message: "the data of an ACK are a JSON array, and here is none",
            "ACK 的数据是一个 JSON 数组，而这里没有";
        wanted: "`[`, and behind it the answer, such as `4312[\"ok\"]`",
            "`[`，后面跟回复内容，例如 `4312[\"ok\"]`";
        hint: "an answer without content is an empty array: 4312[]", "没有内容的确认是空数组：4312[]";
    }
    NOT_AN_OBJECT: "SIO-NOT-AN-OBJECT", "Socket.IO v5: Connection to a namespace" {
        message: "what comes with a CONNECT is a JSON object", "CONNECT 附带的数据必须是 JSON 对象";
        wanted: "`{`, or nothing", "`{`，或者什么也不写";
        hint: "put it into an object, such as 40{\"token\":\"abc\"}",
            "请放进对象里，例如 40{\"token\":\"abc\"}";
    }
    NO_REASON: "SIO-NO-REASON", "Socket.IO v5: Connection to a namespace" {
        message: "a CONNECT_ERROR says why, in a JSON object", "CONNECT_ERROR 要用 JSON 对象说明原因";
        wanted: "`{`, such as in `44{\"message\":\"Not authorized\"}`",
            "`{`，例如 `44{\"message\":\"Not authorized\"}`";
    }
    UNWANTED_DATA: "SIO-UNWANTED-DATA", "Socket.IO v5: Disconnection from a namespace" {
        message: "a DISCONNECT has no data", "DISCONNECT 没有数据";
        wanted: "the end", "结尾";
        hint: "to say why, send an event before", "想说明原因的话，请先发送一个事件";
    }
    NO_EVENT_NAME: "SIO-NO-EVENT-NAME", "SIO5-EVENT-1" {
        message: "an event begins with its name, and here is none", "事件以事件名开头，而这里没有";
        wanted: "a string or a number as the first element", "第一个元素应是字符串或数字";
        hint: "the first element is the name: 42[\"name\",1,2]", "第一个元素就是事件名：42[\"name\",1,2]";
    }
    RESERVED_EVENT: "SIO-RESERVED-EVENT", "Socket.IO v5: Sending and receiving data" {
        message: "the library gives this event a meaning of its own, so nobody may send it",
            "这个事件名由库保留，任何一方都不能发送";
        wanted: "a name other than connect, connect_error, disconnect, disconnecting, newListener \
                 and removeListener",
            "connect、connect_error、disconnect、disconnecting、newListener 和 removeListener 以外的名字";
        hint: "to leave a namespace, send the packet DISCONNECT: 41",
            "离开命名空间应发送 DISCONNECT 包：41";
    }
    INVALID_JSON: "SIO-JSON", "Socket.IO v5: Packet encoding" {
        message: "this is no JSON", "这不是合法的 JSON";
        wanted: "what JSON allows at this place", "JSON 在此处允许的内容";
    }
    CUT_JSON: "SIO-JSON-CUT", "Socket.IO v5: Packet encoding" {
        message: "the JSON ends before it is complete", "JSON 还没有结束就中断了";
        wanted: "the rest of it", "余下的部分";
        hint: "count the brackets and the quotes; or was the packet cut off on its way?",
            "检查括号和引号是否成对；或者包在传输中被截断了？";
    }
    NO_SUCH_ATTACHMENT: "SIO-PLACEHOLDER", "Socket.IO v5: Packet encoding" {
        message: "a placeholder asks for an attachment that is not announced",
            "占位符所指的附件不在声明的附件之中";
        wanted: "\"num\" in digits, from 0 to one less than the number of attachments",
            "\"num\" 为数字，从 0 到附件数减 1";
        hint: "attachments are counted from 0: the first one is {\"_placeholder\":true,\"num\":0}",
            "附件从 0 开始编号：第一个是 {\"_placeholder\":true,\"num\":0}";
    }
    NO_NUM: "SIO-PLACEHOLDER-NUM", "Socket.IO v5: Packet encoding" {
        message: "a placeholder does not say which attachment belongs there",
            "占位符没有写明对应哪个附件";
        wanted: "\"num\" in digits, such as {\"_placeholder\":true,\"num\":0}",
            "用数字写出 \"num\"，例如 {\"_placeholder\":true,\"num\":0}";
        hint: "attachments are counted from 0, in the order in which they are sent",
            "附件按发送的顺序从 0 开始编号";
    }
    TOO_DEEP: "SIO-TOO-DEEP", "Socket.IO v5: Packet encoding" {
        message: "arrays and objects nested deeper than 128 levels in a packet with attachments",
            "带附件的包中，数组和对象嵌套超过了 128 层";
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
