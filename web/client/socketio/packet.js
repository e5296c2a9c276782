// Socket.IO packets: what travels inside an Engine.IO message.
//
//   51-/admin,12["bin",{"_placeholder":true,"num":0}]     then: <01 02 03 04>
//   ││ │      │ └ data ──────────────────────────────          └ attachment
//   ││ │      └── acknowledgement id
//   ││ └───────── namespace, left out for "/"
//   │└─────────── attachments to follow
//   └──────────── type: binary event
//
// A packet in this code is { type, namespace, id, data }; `id` and `data` may be undefined.
//
// Core file. Spec: Socket.IO v5, "Exchange protocol". On the server: src/socketio/packet.rs.

/**
 * The seven types.
 *
 * | Name          | Example                   | Id       | Data                              |
 * |---------------|---------------------------|----------|-----------------------------------|
 * | CONNECT       | `0/admin,{"token":"…"}`   | no       | an object, optional               |
 * | DISCONNECT    | `1/admin,`                | no       | none                              |
 * | EVENT         | `2["foo"]`                | optional | an array that begins with a name  |
 * | ACK           | `3/admin,13["bar"]`       | yes      | an array                          |
 * | CONNECT_ERROR | `4{"message":"…"}`        | no       | an object                         |
 * | BINARY_EVENT  | `51-["foo",{"_place…}]`   | optional | as EVENT                          |
 * | BINARY_ACK    | `61-13[{"_place…}]`       | yes      | as ACK                            |
 *
 * In memory there are five: a binary event is an event, a binary ack is an ack.
 */
export const SIO = Object.freeze({
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
});

/** From a plain type to its binary twin: 2 to 5, 3 to 6. */
export const BINARY_TWIN = 3;

/** More attachments than this in one packet are refused, by us and by the reference. */
export const MAX_ATTACHMENTS = 10;

/** Names that mean something on this side, and so cannot be sent. */
export const RESERVED_EVENTS = Object.freeze([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);
