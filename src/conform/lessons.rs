//! What `learn` teaches at each stage: what to build, why, and how it looks on the wire.
//!
//! Core file.

use super::check::Stage;
use super::lang::Told;

#[derive(Clone, Debug)]
pub struct Lesson {
    pub build: Told,
    pub why: Told,
    pub wire: &'static str,
    /// The chapter of the guide.
    pub guide: &'static str,
}

/// What the application has to do so that events can be asked about.
pub const HANDLERS: Told = Told::fixed(
    "From here on your application is asked, too. In `/` and `/custom`, emit \"auth\" with what \
     the CONNECT said (or {}) to everybody who joins. In `/`, answer the event \"message\" by \
     \"message-back\" with the same arguments, and acknowledge \"message-with-ack\" with its \
     arguments. Refuse every other namespace. While you learn, a pingInterval of 300 ms, a \
     pingTimeout of 200 ms and a connect timeout of 1 s let the slow checks run, too.",
    "从这里开始，你的应用程序也要参与。在 `/` 和 `/custom` 中，对每个加入者发出 \"auth\" 事件，内容是 \
     CONNECT 里的数据（没有则为 {}）。在 `/` 中，收到 \"message\" 就用相同的参数发出 \
     \"message-back\"；收到 \"message-with-ack\" 就用它的参数作为应答。其他命名空间一律拒绝。学习期间，\
     把 pingInterval 设为 300 毫秒、pingTimeout 设为 200 毫秒、连接超时设为 1 秒，\
     那些耗时的检查也就能运行了。",
);

pub fn lesson(stage: Stage) -> Lesson {
    match stage {
        Stage::Handshake | Stage::Polling => polling(stage),
        Stage::Close | Stage::Heartbeat => staying(stage),
        Stage::WebSocket | Stage::Upgrade => websocket(stage),
        Stage::Connect | Stage::Namespaces => namespaces(stage),
        Stage::Events | Stage::Acks | Stage::Binary => events(stage),
        Stage::Robust => robust(),
    }
}

fn polling(stage: Stage) -> Lesson {
    match stage {
        Stage::Handshake => Lesson {
            build: Told::fixed(
                "An HTTP server that answers GET /socket.io/?EIO=4&transport=polling with one \
                 packet: the digit 0, then JSON with a fresh, secret sid, the upgrades you have, \
                 your intervals and your limit. Refuse what is not that with 400.",
                "写一个 HTTP 服务器，对 GET /socket.io/?EIO=4&transport=polling 返回一个数据包：数字 0，\
                 后面是 JSON，包含全新且保密的 sid、可用的升级方式、心跳间隔和大小上限。\
                 其他请求用 400 拒绝。",
            ),
            why: Told::fixed(
                "HTTP forgets who is asking. The sid is how the client is known again with its \
                 next request, and whoever knows it can speak in its name.",
                "HTTP 不记得是谁在请求。客户端下一次请求时靠 sid 被认出来；谁知道它，谁就能冒充这个客户端。",
            ),
            wire: "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\n\n\
                   HTTP/1.1 200 OK\nContent-Type: text/plain; charset=UTF-8\n\n\
                   0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],\
                   \"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}",
            guide: "01-first-get",
        },
        _ => Lesson {
            build: Told::fixed(
                "For a known sid: a POST carries packets, separated by the byte 1E, and is \
                 answered by `ok`. A GET brings the packets that wait, and waits itself while \
                 there are none. Two GETs or two POSTs at once are a mistake that ends the \
                 session. Until you have Socket.IO, send each message back as it came.",
                "对已知的 sid：POST 携带若干数据包，以字节 1E 分隔，响应是 `ok`。GET 取走等待中的数据包；\
                 没有时 GET 自己等待。同时有两个 GET 或两个 POST 是错误，会话随之结束。在实现 Socket.IO \
                 之前，把每条消息原样发回即可。",
            ),
            why: Told::fixed(
                "A server cannot call a browser. So the browser always leaves a question open, \
                 and the server answers it when it has something to say.",
                "服务器无法主动联系浏览器。所以浏览器总是留着一个未答的请求，服务器有话要说时就回答它。",
            ),
            wire: "GET  …&sid=lv_VI97HAXpY6yYWAAAC        (waits)\n\
                   POST …&sid=lv_VI97HAXpY6yYWAAAC   40   ►  200 ok\n\
                   (the GET is answered)                  ►  200 40{\"sid\":\"…\"}",
            guide: "04-parked-get",
        },
    }
}

fn staying(stage: Stage) -> Lesson {
    match stage {
        Stage::Close => Lesson {
            build: Told::fixed(
                "A packet `1` ends the session: the GET that waits is answered, and the sid is \
                 unknown from then on. When you close a WebSocket, send a close frame first; \
                 answer the one you receive.",
                "数据包 `1` 结束会话：回应等待中的 GET，此后这个 sid 就是未知的。关闭 WebSocket \
                 时先发送关闭帧；收到关闭帧要回应。",
            ),
            why: Told::fixed(
                "Whoever is told does not have to guess. Without a goodbye each side finds out \
                 only when the heartbeat fails.",
                "明确告别，对方就不必猜测。没有告别，双方只能等心跳失败才会发现。",
            ),
            wire: "POST …&sid=…   1   ►  200 ok\nGET  …&sid=…       ►  400",
            guide: "10-close",
        },
        _ => Lesson {
            build: Told::fixed(
                "Send `2` after pingInterval, on whatever transport there is. If `3` does not \
                 come within pingTimeout, the session is over.",
                "每隔 pingInterval，在当前的传输上发送 `2`。若 pingTimeout 之内没有收到 `3`，会话结束。",
            ),
            why: Told::fixed(
                "A cable that was pulled sends no goodbye. Only silence where an answer should \
                 be tells that nobody is there.",
                "被拔掉的网线不会告别。只有在该回答的时候沉默，才说明对方已经不在。",
            ),
            wire: "…25 s…   ◄  2\n         ►  3\n…25 s…   ◄  2\n…20 s…   closed",
            guide: "06-heartbeat",
        },
    }
}

fn websocket(stage: Stage) -> Lesson {
    match stage {
        Stage::WebSocket => Lesson {
            build: Told::fixed(
                "A WebSocket without a sid is a session of its own: send the open packet as the \
                 first message, then one packet to a message. A library does the frames; see \
                 that it checks masks, reserved bits and UTF-8.",
                "不带 sid 的 WebSocket 自成一个会话：第一条消息是 open 包，此后一条消息就是一个数据包。\
                 帧的处理交给库；要确认它检查掩码、保留位和 UTF-8。",
            ),
            why: Told::fixed(
                "It saves a request for every message, and clients may ask for nothing else.",
                "每条消息省下一个请求；有的客户端只使用它。",
            ),
            wire: "GET /socket.io/?EIO=4&transport=websocket   ►  101\n\
                   ◄  0{\"sid\":\"…\",\"upgrades\":[],…}\n►  40\n◄  40{\"sid\":\"…\"}",
            guide: "03-the-numbers",
        },
        _ => Lesson {
            build: Told::fixed(
                "A WebSocket with the sid of a session on polling is a candidate. Answer \
                 `2probe` by `3probe`, and let the GET that waits go with `6`. From `5` on, \
                 everything goes over the WebSocket. If the candidate talks nonsense or goes, \
                 the session stays where it is. There is only ever one.",
                "带有轮询会话 sid 的 WebSocket 是候选者。对 `2probe` 回答 `3probe`，并用 `6` 释放等待中的 \
                 GET。从 `5` 开始，一切都走 WebSocket。候选者胡言乱语或离开时，会话留在原处。\
                 候选者任何时候只能有一个。",
            ),
            why: Told::fixed(
                "Polling works everywhere, WebSocket works better. The handover must lose \
                 nothing, say nothing twice, and be given up without harm.",
                "轮询处处可用，WebSocket 更好。交接过程不能丢失、不能重复，放弃时也不能造成损害。",
            ),
            wire: "►  2probe\n◄  3probe          and the GET that waits:  ◄  6\n\
                   ►  5\n►  42[\"hi\"]",
            guide: "05-upgrade",
        },
    }
}

fn namespaces(stage: Stage) -> Lesson {
    match stage {
        Stage::Connect => Lesson {
            build: Told::fixed(
                "Read what is behind the `4`: the digit 0 asks to be let in, with an object or \
                 with nothing. Answer `40` with the id of a fresh socket, or `44` with an \
                 object that has a message. Whoever does anything else first is closed.",
                "读取 `4` 后面的内容：数字 0 表示请求加入，可带一个对象，也可不带。回答 `40` 加上新 socket \
                 的 id，或者 `44` 加上带 message 的对象。一开始就做别的事的客户端要被关闭。",
            ),
            why: Told::fixed(
                "A session is a line; a namespace is a room with a door. The door is where a \
                 client says who it is, and may be turned away.",
                "会话是一条线路，命名空间是带门的房间。客户端在门口说明自己是谁，也可能被拒之门外。",
            ),
            wire: "►  40{\"token\":\"123\"}\n◄  40{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}\n\n\
                   ►  40/nobody,\n◄  44/nobody,{\"message\":\"Invalid namespace\"}",
            guide: "07-namespaces",
        },
        _ => Lesson {
            build: Told::fixed(
                "A client may be in several namespaces on one connection. The name stands in \
                 front of the data, up to a comma, and is left out for `/`. Each has a socket \
                 with an id of its own, is joined by `40/name,` and left by `41/name,`.",
                "客户端可以在一条连接上加入多个命名空间。名字写在数据之前，到逗号为止；`/` 则省略。\
                 每个命名空间里的 socket 有自己的 id，用 `40/name,` 加入，用 `41/name,` 离开。",
            ),
            why: Told::fixed(
                "Parts of an application share one connection, and do not hear each other.",
                "应用的各个部分共用一条连接，却互不干扰。",
            ),
            wire: "►  40/custom,\n◄  40/custom,{\"sid\":\"…\"}\n\
                   ►  42/custom,[\"hi\"]\n►  41/custom,",
            guide: "07-namespaces",
        },
    }
}

fn events(stage: Stage) -> Lesson {
    match stage {
        Stage::Events => Lesson {
            build: Told::fixed(
                "The digit 2 is an event: a JSON array, the name first. Hand it to whoever \
                 listens, in the order of arrival. What is no array, or an empty one, or broken, \
                 closes the connection.",
                "数字 2 是事件：一个 JSON 数组，第一项是名字。按到达的顺序交给监听者。不是数组、\
                 空数组或残缺的内容都会关闭连接。",
            ),
            why: Told::fixed("This is what everything before was for.", "前面的一切都是为了它。"),
            wire: "►  42[\"message\",1,\"two\"]\n◄  42[\"message-back\",1,\"two\"]",
            guide: "03-the-numbers",
        },
        Stage::Acks => Lesson {
            build: Told::fixed(
                "Digits in front of the array are an id: the client wants an answer. Send it as \
                 the digit 3 with the same id, and an array that may be empty. Zero is an id.",
                "数组之前的数字是 id：客户端想要一个回答。用数字 3 加上同一个 id 发送，数组可以为空。\
                 零也是 id。",
            ),
            why: Told::fixed(
                "An event is said into the air. With an id one knows that it was heard.",
                "事件像是对空说话。有了 id，就知道有人听到了。",
            ),
            wire: "►  427[\"message-with-ack\",1]\n◄  437[1]",
            guide: "08-acks",
        },
        _ => Lesson {
            build: Told::fixed(
                "The digit 5 is an event with attachments, 6 an answer with them: a count, a \
                 dash, and JSON in which placeholders stand for the bytes that follow, each in a \
                 message of its own. On long-polling bytes are base64 behind a `b`.",
                "数字 5 是带附件的事件，6 是带附件的应答：先是数量和短横线，然后是 JSON，\
                 其中的占位符代表随后到来的字节，每份字节是一条单独的消息。长轮询上字节写成 `b` 加 base64。",
            ),
            why: Told::fixed(
                "JSON has no bytes. So they travel beside it, and their places are marked.",
                "JSON 里没有字节。所以字节在旁边传输，JSON 里只标出位置。",
            ),
            wire: "►  451-[\"message\",{\"_placeholder\":true,\"num\":0}]\n►  ⟨01 02 03 04⟩\n\n\
                   on long-polling:  451-[…]␞bAQIDBA==",
            guide: "09-binary",
        },
    }
}

fn robust() -> Lesson {
    Lesson {
        build: Told::fixed(
            "Keep the limits that you tell. Read nothing without a bound: bodies, frames, depth \
             of JSON, numbers of attachments. Whatever comes, one client ends at most.",
            "遵守你自己公布的上限。任何东西都不要无限制地读取：请求体、帧、JSON 的深度、附件的数量。\
             无论收到什么，最多只影响一个客户端。",
        ),
        why: Told::fixed(
            "Everybody on the internet may send you bytes, and some of them are bored.",
            "互联网上的任何人都能给你发送字节，其中总有人闲得无聊。",
        ),
        wire: "POST of 1,000,001 bytes                 ►  413\n\
               WebSocket message of 1,100,000 bytes    ►  close frame, 1009\n\
               459999999999-[\"x\"]                      ►  closed",
        guide: "10-close",
    }
}
