// Puts packets together whose bytes come after them.
//
//   51-["bin",{"_placeholder":true,"num":0}]    announces one attachment
//   <01 02 03 04>                               here it is: the packet is complete
//
// Nothing may come between the two, whatever its namespace: the bytes carry no sign of
// where they belong, so their place in the order is all there is.
//
// Core file. Spec: Socket.IO v5, "Packet encoding". On the server: src/socketio/assemble.rs.

import { decodePacket } from "./decode.js";
import { putBack } from "./placeholder.js";

/** Takes messages, texts and bytes, as they arrive. */
export class Assembler {
  #packet = null;
  #missing = 0;
  #attachments = [];

  /** The packet that `message` completes, or null; throws what is wrong. */
  add(message) {
    return typeof message === "string" ? this.#start(message) : this.#attach(message);
  }

  #start(text) {
    if (this.#packet !== null) throw new Error("found a text, wanted an attachment");
    const { packet, attachments } = decodePacket(text);
    if (attachments === 0) return packet;
    this.#packet = packet;
    this.#missing = attachments;
    return null;
  }

  #attach(bytes) {
    if (this.#packet === null) throw new Error("found an attachment, wanted a text");
    this.#attachments.push(bytes);
    this.#missing -= 1;
    if (this.#missing > 0) return null;
    const packet = this.#packet;
    packet.data = putBack(packet.data, this.#attachments);
    this.#packet = null;
    this.#attachments = [];
    return packet;
  }
}
