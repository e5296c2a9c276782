// What there is to try: packets of every kind, and the mistakes that everybody makes once.

/** `[key, wire, form]`; without a form it is a packet. */
export const EXAMPLES = [
  [
    "ex.open",
    '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,' +
      '"pingTimeout":20000,"maxPayload":1000000}',
  ],
  ["ex.connect", "40"],
  ["ex.connectAuth", '40/admin,{"token":"123"}'],
  ["ex.connected", '40{"sid":"wZX3oN0bSVIhsaknAAAI"}'],
  ["ex.connectError", '44/admin,{"message":"Not authorized"}'],
  ["ex.event", '42["hello",{"from":"Ada"}]'],
  ["ex.eventAck", '42/chat,7["typing",true]'],
  ["ex.ack", '43/chat,7["ok"]'],
  ["ex.binary", '451-["up",{"_placeholder":true,"num":0}]'],
  ["ex.disconnect", "41/chat,"],
  ["ex.ping", "2"],
  ["ex.pong", "3"],
  ["ex.probe", "2probe"],
  ["ex.noop", "6"],
  ["ex.upgrade", "5"],
  [
    "ex.payload",
    '40{"sid":"wZX3oN0b"}\x1e2\x1e451-["up",{"_placeholder":true,"num":0}]\x1ebAQIDBA==',
    "payload",
  ],
  ["ex.frame", "81 8b 01 02 03 04 35 30 58 26 69 67 6f 68 6e 20 5e", "frame"],
  ["ex.payload3", '2:4011:42["hello"]1:2', "payload3"],
  [
    "ex.msgpack",
    "83 a4 74 79 70 65 02 a4 64 61 74 61 91 a5 68 65 6c 6c 6f a3 6e 73 70 a1 2f",
    "msgpack",
  ],
];

/** What the server refuses, or takes for something else. */
export const MISTAKES = [
  ["ex.noType", '2["hello"]'],
  ["ex.noComma", '42/chat["hello"]'],
  ["ex.noArray", '42{"name":"hello"}'],
  ["ex.noName", "42[]"],
  ["ex.quotes", "42['hello']"],
  ["ex.halfJson", '42["hello",{"a":1}'],
  ["ex.noCount", '45["up",{"_placeholder":true,"num":0}]'],
  ["ex.ackNoId", '43["ok"]'],
  ["ex.lengthPrefix", '11:42["hello"]'],
  ["ex.reserved", '42["disconnect"]'],
  ["ex.onlyFour", "4"],
];
