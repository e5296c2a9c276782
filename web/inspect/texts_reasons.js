// Why a row came about, in one sentence: English, Chinese, and the chapter of the guide.
//
// The key is `why.` and what the ladder found, or what the server wrote into the event.

const TABLE = {
  "first-get": [
    "first-get",
    "A session begins with a GET that names no session: EIO says which revision of the " +
      "protocol the client speaks.",
    "会话从一个不带 sid 的 GET 开始：EIO 参数说明客户端使用的协议版本。",
  ],
  handshake: [
    "first-get",
    "The server opens a session: it gives it an id, and says which upgrades there are and how " +
      "often it will ask for a sign of life.",
    "服务器建立会话：分配 sid，并告知可用的升级方式和心跳间隔。",
  ],
  poll: [
    "parked-get",
    "The client asks for whatever the server has to say. If that is nothing, the server keeps " +
      "the request until there is something.",
    "客户端询问服务器有没有数据。如果没有，服务器会先留住这个请求，等有数据时再回答。",
  ],
  "poll-answered": [
    "parked-get",
    "Something was waiting for the client already, so the GET is answered at once.",
    "已经有数据在等客户端来取，所以这个 GET 立刻得到回答。",
  ],
  "parked-get-answered": [
    "parked-get",
    "The GET had been waiting. Now there is something to say, so it is answered; the client " +
      "will ask again.",
    "这个 GET 一直在等待。现在有数据了，于是得到回答；客户端随后会再次询问。",
  ],
  post: [
    "parked-get",
    "By polling, a client cannot speak inside its waiting GET: what it has to say goes in a " +
      "POST beside it.",
    "使用轮询时，客户端无法借正在等待的 GET 发送数据，因此另用一个 POST 发送。",
  ],
  "post-taken": [
    "parked-get",
    "The server has taken the packets. What it answers to them comes by the GET, not here.",
    "服务器已收下这些包。对它们的回应会从 GET 返回，而不是从这里。",
  ],
  preflight: [
    "first-get",
    "The page is from another origin: the browser asks first whether it may talk to this server.",
    "页面来自另一个源：浏览器先询问是否允许访问这个服务器。",
  ],
  "preflight-answer": [
    "first-get",
    "The server says which origins and headers it accepts.",
    "服务器说明它接受哪些源和请求头。",
  ],
  "websocket-first": [
    "first-get",
    "The client begins with WebSocket at once, without polling before.",
    "客户端没有先轮询，直接使用 WebSocket 建立会话。",
  ],
  "websocket-beside": [
    "upgrade",
    "The client opens a WebSocket beside the session it has. Polling goes on until both agree " +
      "that this works.",
    "客户端为已有的会话另开一条 WebSocket。在双方确认它可用之前，轮询照常进行。",
  ],
  switching: [
    "upgrade",
    "101: from here on this TCP connection carries WebSocket frames.",
    "101：从这里起，这条 TCP 连接传输的是 WebSocket 帧。",
  ],
  probe: [
    "upgrade",
    "Handover 1: the client asks through the new WebSocket whether it works. Proxies sometimes " +
      "let the 101 through and nothing else.",
    "交接第 1 步：客户端通过新的 WebSocket 试探它是否可用。有些代理放行了 101，却不转发后面的帧。",
  ],
  probed: [
    "upgrade",
    "Handover 2: the WebSocket works. The server lets go of the waiting GET, so that nothing " +
      "gets lost between the two.",
    "交接第 2 步：WebSocket 可用。服务器随即放走等待中的 GET，以免两条通道之间丢失数据。",
  ],
  noop: [
    "upgrade",
    "Handover 3: a noop says nothing. It is there so that the waiting GET returns, and the " +
      "client can stop polling.",
    "交接第 3 步：noop 本身没有内容，只为让等待中的 GET 返回，使客户端可以停止轮询。",
  ],
  upgrade: [
    "upgrade",
    "Handover 4: from this frame on, everything goes by WebSocket, and polling is over.",
    "交接第 4 步：从这一帧开始，所有数据都走 WebSocket，轮询到此结束。",
  ],
  ping: [
    "heartbeat",
    "The interval of the handshake has passed: the server asks whether the client is still there.",
    "握手时约定的间隔到了：服务器询问客户端是否还在。",
  ],
  "ping-by-polling": [
    "heartbeat",
    "The interval of the handshake has passed: the server asks whether the client is still " +
      "there, in the GET that was waiting.",
    "握手时约定的间隔到了：服务器借等待中的 GET 询问客户端是否还在。",
  ],
  pong: [
    "heartbeat",
    "The client is there. Without this answer the server would end the session.",
    "客户端表示还在。如果没有这个回答，服务器会结束会话。",
  ],
  connect: [
    "namespaces",
    "The client wants into a namespace. Nothing else may be sent to it before the server agrees.",
    "客户端请求加入一个命名空间。在服务器同意之前，不能向它发送其他内容。",
  ],
  connected: [
    "namespaces",
    "The client is in, and its socket in this namespace has this id.",
    "客户端已加入，这是它在该命名空间中的 socket id。",
  ],
  "connect-error": [
    "namespaces",
    "The server does not let the client into this namespace, and says why.",
    "服务器拒绝客户端加入这个命名空间，并说明原因。",
  ],
  event: [
    "the-numbers",
    "An event: somebody called emit. No answer is wanted.",
    "一个事件：有一方调用了 emit，不要求应答。",
  ],
  "event-asks": [
    "acks",
    "An event with a number: whoever sent it waits for an answer that has the same number.",
    "带编号的事件：发送方在等待编号相同的应答。",
  ],
  ack: [
    "acks",
    "The answer to the event with this number.",
    "对同编号事件的应答。",
  ],
  attachment: [
    "binary",
    "Bytes that belong to the packet before: they take the place of its placeholders.",
    "属于前一个包的二进制内容，用来替换其中的占位符。",
  ],
  disconnect: [
    "close",
    "One side leaves the namespace. The session stays.",
    "一方离开命名空间，会话仍然保留。",
  ],
  message: [
    "packets",
    "A message of Engine.IO, which is not one of Socket.IO.",
    "一条 Engine.IO 消息，但不是 Socket.IO 包。",
  ],
  open: ["first-get", "The server opens the session.", "服务器建立会话。"],
  close: ["close", "One side ends the session.", "一方结束会话。"],
  unknown: [
    "packets",
    "This begins with no type that Engine.IO knows.",
    "开头不是 Engine.IO 认识的类型。",
  ],
  refused: [
    "first-get",
    "The server refuses the request; the body says why.",
    "服务器拒绝了这个请求，原因在响应体中。",
  ],
  "connection-open": ["upgrade", "A connection was opened.", "一条连接已建立。"],
  "connection-close": ["close", "A connection was closed.", "一条连接已关闭。"],
  unanswered: [
    "parked-get",
    "The client has gone away before it had the answer, or it has given the request up.",
    "客户端在得到回答之前就离开了，或者放弃了这个请求。",
  ],
  "session-open": ["first-get", "The session exists from here on.", "会话从这里开始存在。"],
  "session-close": ["close", "The session is over.", "会话结束。"],
};

/** The texts, `{ "why.poll": [english, chinese] }`. */
export const REASONS = Object.fromEntries(
  Object.entries(TABLE).map(([key, [, en, zh]]) => [`why.${key}`, [en, zh]]),
);

/** The chapter of the guide that says more about a reason. */
export function chapterOf(key) {
  return TABLE[key]?.[0] ?? "packets";
}

/** The chapters by their names, with their numbers. */
const CHAPTERS = [
  "first-get",
  "packets",
  "the-numbers",
  "parked-get",
  "upgrade",
  "heartbeat",
  "namespaces",
  "acks",
  "binary",
  "close",
];

/** Where a chapter is served. */
export function guideAddress(chapter, language) {
  const number = CHAPTERS.indexOf(chapter) + 1;
  if (number === 0) return `/guide/${language}`;
  return `/guide/${language}/${String(number).padStart(2, "0")}-${chapter}`;
}
