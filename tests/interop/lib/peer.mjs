// Node's Socket.IO server with a few handlers that our own client is tried against.

import { createServer } from "node:http";
import { Server } from "socket.io";

/** Starts a peer on a free port, or on `port`; `listener` answers what is not Socket.IO. */
export async function startPeer({ port = 0, listener, ...options } = {}) {
  const posts = [];
  const http = createServer(listener ?? ((request, response) => response.writeHead(404).end()));
  const io = new Server(http, options);
  http.prependListener("request", (request) => {
    if (request.method === "POST") posts.push(Number(request.headers["content-length"]));
  });
  io.on("connection", (socket) => handlers(socket));
  io.of("/admin").use(guard).on("connection", (socket) => handlers(socket));
  io.of("/early").use((socket, next) => {
    socket.emit("early", 1);
    socket.emit("early", 2);
    next();
  });
  io.of("/聊天").on("connection", (socket) => handlers(socket));
  await new Promise((resolve) => http.listen(port, "127.0.0.1", resolve));
  const chosen = http.address().port;
  return {
    io,
    posts,
    port: chosen,
    url: `http://127.0.0.1:${chosen}`,
    close: () => io.close(),
  };
}

function guard(socket, next) {
  if (socket.handshake.auth.token === "let me in") {
    next();
  } else {
    next(Object.assign(new Error("not authorized"), { data: { code: 17 } }));
  }
}

function handlers(socket) {
  const numbers = [];
  socket.on("echo", (...args) => args.pop()(...args));
  socket.on("back", (...args) => socket.emit("back", ...args));
  socket.on("ask", (value, ack) => socket.emit("question", value, (answer) => ack(answer)));
  socket.on("silence", () => {});
  socket.on("auth", (ack) => ack(socket.handshake.auth));
  socket.on("query", (ack) => ack(socket.handshake.query));
  socket.on("kick", () => socket.disconnect());
  socket.on("cut", () => socket.conn.close());
  socket.on("garbage", () => socket.conn.write("9 is no type"));
  socket.on("number", (number) => numbers.push(number));
  socket.on("numbers", (ack) => ack(numbers));
  socket.on("count", (total) => {
    let number = 0;
    const some = () => {
      for (let batch = 0; batch < 5 && number < total; batch += 1) {
        socket.emit("number", number, ...(number % 50 === 0 ? [Buffer.from([number % 256])] : []));
        number += 1;
      }
      if (number < total) setImmediate(some);
    };
    some();
  });
}
