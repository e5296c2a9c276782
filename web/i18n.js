// What the page says, in both of its languages.
//
//   navigator.language "zh-TW" ──► zh      anything else ──► en
//
// A text with {braces} takes values; `say("attempt", { attempt: 3 })`.

const TEXTS = {
  en: {
    welcome: "Come in",
    welcomeHint: "Everybody in the same room reads what you write there.",
    name: "Your name",
    room: "Room",
    enter: "Enter",
    rooms: "Rooms",
    otherRoom: "Go to another room",
    otherRoomHint: "Another room…",
    people: "{count} here",
    messages: "Messages",
    message: "Message",
    messageHint: "Message, Enter sends",
    send: "Send",
    newer: "New messages ↓",
    me: "You are {name}",
    joined: "{name} came in",
    left: "{name} left",
    entered: "You are in the room “{room}”.",
    back: "Connected again.",
    connecting: "Connecting…",
    notIn: "The server does not let you in: {reason}. It is asked again every few seconds.",
    silent: "The server does not let you in: it does not answer.",
    tooLong: "a name or a text of {found} characters is too long, {limit} are accepted",
    tooManyRooms: "you have entered too often",
    tooFast: "too much in too short a time",
    reservedName: "this name looks like the server’s own",
    nameTaken: "somebody in the room has a name that looks the same",
    alreadyIn: "you are in the room already",
    outside: "you are not in the room",
    askAgain: "Try again now",
    leave: "Another name or room",
    lost: "The connection is lost. It will be tried again.",
    attempt: "The connection is lost. Attempt {attempt}…",
    gone: "The server has ended the connection.",
    again: "Connect again",
    pending: "waits for the connection",
    waiting: "waits until you are in",
    doubt: "may not have arrived",
    refused: "was refused: {reason}",
    resend: "Send again",
    offline: "offline",
    language: "中文",
    languageTitle: "以中文显示",
    theme: "Dark colours",
  },
  zh: {
    welcome: "欢迎",
    welcomeHint: "同一个房间里的人都能看到你写的内容。",
    name: "用户名",
    room: "房间号",
    enter: "进入",
    rooms: "房间",
    otherRoom: "去别的房间",
    otherRoomHint: "别的房间…",
    people: "{count} 人",
    messages: "消息",
    message: "消息",
    messageHint: "输入消息，回车发送",
    send: "发送",
    newer: "有新消息 ↓",
    me: "你是 {name}",
    joined: "{name} 进入了房间",
    left: "{name} 离开了房间",
    entered: "你在房间“{room}”里。",
    back: "已重新连接。",
    connecting: "正在连接…",
    notIn: "服务器没有让你进入：{reason}。每隔几秒会再试一次。",
    silent: "服务器没有让你进入：它没有回答。",
    tooLong: "名称或内容太长（{found} 个字符，最多 {limit} 个）",
    tooManyRooms: "你进入的次数太多了",
    tooFast: "短时间内操作太多",
    reservedName: "这个用户名与服务器的名称太像",
    nameTaken: "房间里已有看起来一样的用户名",
    alreadyIn: "你已经在房间里了",
    outside: "你不在这个房间里",
    askAgain: "现在重试",
    leave: "换个用户名或房间",
    lost: "连接已断开，将自动重连。",
    attempt: "连接已断开，第 {attempt} 次重连…",
    gone: "服务器结束了连接。",
    again: "重新连接",
    pending: "等待连接",
    waiting: "等待进入房间",
    doubt: "可能没有送达",
    refused: "被拒绝：{reason}",
    resend: "重新发送",
    offline: "未连接",
    language: "English",
    languageTitle: "Show in English",
    theme: "深色",
  },
};

/** What the server writes when it refuses something, and the text of ours that says the same. */
const REASONS = [
  [/^`\w+` has (?<found>\d+) characters, at most (?<limit>\d+) are accepted$/, "tooLong"],
  [/^this socket has joined \d+ times, more are not accepted$/, "tooManyRooms"],
  [/^too many events from this socket in too short a time$/, "tooFast"],
  [/^the name looks like the server's own$/, "reservedName"],
  [/^somebody in the room has a name that looks the same$/, "nameTaken"],
  [/^this socket is in the room already$/, "alreadyIn"],
  [/^this socket is not in the room it speaks to$/, "outside"],
];

const CODES = { en: "en", zh: "zh-CN" };

let language = "en";

/** Chooses a language, and writes it into everything that has `data-text` or `data-title`. */
export const speak = (choice) => {
  language = choice in TEXTS ? choice : "en";
  document.documentElement.lang = CODES[language];
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-title]")) {
    element.title = say(element.dataset.title);
    element.setAttribute("aria-label", element.title);
  }
};

/** One text, with `values` in the place of its braces. */
export const say = (key, values = {}) => {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
};

/** Why the server has refused something; a reason that is not known as the server says it. */
export const sayReason = (sentence = "") => {
  for (const [pattern, key] of REASONS) {
    const found = pattern.exec(sentence);
    if (found) return say(key, found.groups);
  }
  return String(sentence);
};

/** The language that the reader has not chosen. */
export const otherLanguage = () => (language === "en" ? "zh" : "en");

/** The language to begin with: the one chosen before, or the browser's. */
export const firstLanguage = (remembered) => {
  return remembered ?? (/^zh\b/i.test(navigator.language) ? "zh" : "en");
};
