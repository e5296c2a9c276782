//! Who says so: the reasons of checks, for who reads Chinese.
//!
//! ```text
//!   EIO4-UPGRADE-6, RFC 6455, 5.4     ids and sections, the same in every language
//!   trap 8: some answer …             what happened to other servers, by its number
//!   as the reference server does      where the specification is silent
//! ```
//!
//! Core file.

use super::lang::Lang;

/// The clause of a check, as it is shown.
pub fn shown(clause: &'static str, lang: Lang) -> &'static str {
    let translated = CHINESE.iter().find(|(en, _)| *en == clause && lang == Lang::Zh);
    translated.map_or(clause, |(_, zh)| zh)
}

/// Whether a clause reads the same in every language.
#[cfg(test)]
fn is_name(clause: &str) -> bool {
    ["EIO4-", "SIO5-", "RFC "].iter().any(|start| clause.starts_with(start))
}

const CHINESE: &[(&str, &str)] = &[
    ("EIO4: 1 is close", "EIO4：1 是 close"),
    ("EIO4: 2 is ping", "EIO4：2 是 ping"),
    ("EIO4: 3 is pong", "EIO4：3 是 pong"),
    ("EIO4: 4 is message", "EIO4：4 是 message"),
    ("EIO4: the packet types are 0 to 6", "EIO4：数据包类型是 0 到 6"),
    ("SIO5: 5 is BINARY_EVENT", "SIO5：5 是 BINARY_EVENT"),
    ("SIO5: the packet types are 0 to 6", "SIO5：数据包类型是 0 到 6"),
    ("a length counts bytes, not characters", "长度数的是字节，不是字符"),
    ("a port hears everything", "端口什么都会听到"),
    ("all the others take it", "其他服务器都接受"),
    ("as the protocol's own suite asks", "协议自带的测试套件如此要求"),
    ("as the reference server does", "参考服务器就是这样做的"),
    ("as the reference server reads it", "参考服务器就是这样读的"),
    ("clients vanish", "客户端会突然消失"),
    ("each may cost something", "每一个都可能有代价"),
    ("every body is text in UTF-8", "请求体都是 UTF-8 文本"),
    ("heartbeats are beside it", "心跳与此无关"),
    ("names are keys of no object", "名字不是任何对象的键"),
    ("names are text in UTF-8", "名字是 UTF-8 文本"),
    ("not in the specification: a sid is a secret", "规范没有写明：sid 是秘密"),
    ("others say `ok` to what they do not take", "有的服务器对不接受的内容也说 `ok`"),
    ("others took `EIO=5` for theirs, or broke", "有的服务器把 `EIO=5` 当成自己的版本，或者出错"),
    ("some close, since they are not ready yet", "有的服务器还没准备好，就关闭了连接"),
    ("some cut off what is behind a question mark", "有的服务器会切掉问号之后的部分"),
    ("some read without end", "有的服务器会无限读取"),
    ("some say one limit, and have another", "有的服务器公布的上限和实际的不同"),
    ("the reference server takes numbers, too", "参考服务器也接受数字"),
    ("trap 1: a sid that is empty is a sid that nobody has", "陷阱 1：空的 sid 就是未知的 sid"),
    ("trap 1: some send the code as text", "陷阱 1：有的服务器把 code 写成文本"),
    ("trap 1: some switch protocols, then hang up", "陷阱 1：有的服务器先升级，再断开"),
    ("trap 2: some ask in the same breath as they open", "陷阱 2：有的服务器刚打开会话就发 ping"),
    (
        "trap 2: some lose the heartbeat, or ask at once",
        "陷阱 2：有的服务器丢了心跳，或者立刻发 ping",
    ),
    ("trap 3: some leave the first one hanging", "陷阱 3：有的服务器让第一个请求一直悬着"),
    ("trap 4: some cut the first one off", "陷阱 4：有的服务器切断第一个请求"),
    ("trap 5: some glue head and bytes together", "陷阱 5：有的服务器把头部和字节粘在一起"),
    ("trap 6: what does not fit waits for the next GET", "陷阱 6：装不下的留给下一个 GET"),
    (
        "trap 7: some keep the client waiting until the next ping",
        "陷阱 7：有的服务器让客户端一直等到下一个 ping",
    ),
    (
        "trap 8: some answer every GET by `6` from then on",
        "陷阱 8：有的服务器从此对每个 GET 都回答 `6`",
    ),
    ("trap 9: some close the session for it", "陷阱 9：有的服务器因此关闭整个会话"),
    ("trap 10: some answer both, and are stuck", "陷阱 10：有的服务器两个都回答，然后卡住"),
    ("trap 12: what is said meanwhile", "陷阱 12：升级期间说的话"),
    ("trap 13: some keep whoever joins nothing", "陷阱 13：有的服务器一直留着什么都不加入的客户端"),
    ("trap 14: also while it streams", "陷阱 14：边传边检查上限"),
    ("trap 14: refused before it is read", "陷阱 14：读取之前就拒绝"),
    (
        "trap 14: some read a body without a length as empty",
        "陷阱 14：有的服务器把没有长度的请求体当成空的",
    ),
    ("trap 15: some take 16 packets and no more", "陷阱 15：有的服务器最多只接受 16 个数据包"),
    ("trap 16: one defined end", "陷阱 16：只有一种明确的结果"),
    ("trap 17: a body of bytes is of revision 3", "陷阱 17：二进制请求体属于第 3 版"),
    ("trap 18: a key may come twice", "陷阱 18：同一个参数可能出现两次"),
    ("trap 18: some do not decode the query", "陷阱 18：有的服务器不解码查询参数"),
    ("trap 18: some fail with 500", "陷阱 18：有的服务器以 500 出错"),
    ("trap 19: some take what only begins like their path", "陷阱 19：有的服务器只比较路径的开头"),
    ("trap 20: some offer what there already is", "陷阱 20：有的服务器提供已经在用的传输"),
    ("trap 23: some close at a pong too many", "陷阱 23：有的服务器因多余的 pong 而关闭"),
    ("trap 27: some hang up without a close frame", "陷阱 27：有的服务器不发关闭帧就断开"),
    ("trap 29: never a panic", "陷阱 29：任何输入都不能让程序崩溃"),
    ("trap 30: an escape is only a spelling", "陷阱 30：转义只是另一种写法"),
    (
        "trap 30: some call the application's own handlers",
        "陷阱 30：有的服务器会调用应用自己的处理函数",
    ),
    ("trap 30: some close at an escape in a name", "陷阱 30：有的服务器遇到名字里的转义就关闭"),
    ("trap 31: many take it as it is", "陷阱 31：很多服务器照单全收"),
    (
        "trap 31: one says yes, and calls no handler",
        "陷阱 31：有一个服务器说成功，却不调用处理函数",
    ),
    (
        "trap 31: some send bare text, which clients reject",
        "陷阱 31：有的服务器只发文本，客户端不接受",
    ),
    ("trap 31: some take it as it is", "陷阱 31：有的服务器照单全收"),
    ("trap 32: some ignore it, some refuse it", "陷阱 32：有的服务器忽略，有的拒绝"),
    ("trap 33: none is no number of attachments", "陷阱 33：零不是附件的数量"),
    ("trap 33: placeholders of nothing", "陷阱 33：没有对应内容的占位符"),
    ("trap 33: room for what never comes", "陷阱 33：为永远不来的内容预留空间"),
    ("trap 33: some lose the packet and go on", "陷阱 33：有的服务器丢掉数据包继续运行"),
    ("trap 33: some only log it", "陷阱 33：有的服务器只写一行日志"),
    ("trap 33: ten is the reference server's limit", "陷阱 33：十个是参考服务器的上限"),
    ("trap 34: some look for bytes that are not there", "陷阱 34：有的服务器去找不存在的字节"),
    ("trap 35: bounded time and memory", "陷阱 35：时间和内存都有上限"),
    ("trap 35: the reference server dies of it", "陷阱 35：参考服务器会因此崩溃"),
    ("trap 36: an id may be used again", "陷阱 36：编号可以再次使用"),
    ("trap 36: ids are digits", "陷阱 36：编号只由数字组成"),
    ("trap 36: ids that no number can hold", "陷阱 36：大到数值装不下的编号"),
    ("trap 36: late or wrong ids", "陷阱 36：迟到或错误的编号"),
    ("trap 36: some take 0 for no id", "陷阱 36：有的服务器把 0 当成没有编号"),
    ("trap 39: some have one id everywhere", "陷阱 39：有的服务器到处用同一个 id"),
    (
        "trap 39: some show everybody the session's secret",
        "陷阱 39：有的服务器把会话的秘密给所有人看",
    ),
    ("trap 41: some handle events in any order", "陷阱 41：有的服务器处理事件不分先后"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::catalogue;

    #[test]
    fn every_clause_has_a_translation_and_every_translation_a_clause() {
        for check in catalogue::all().filter(|it| !is_name(it.clause)) {
            assert_ne!(shown(check.clause, Lang::Zh), check.clause, "{}", check.id);
        }
        for (clause, _) in CHINESE {
            assert!(catalogue::all().any(|check| check.clause == *clause), "{clause}");
        }
    }
}
