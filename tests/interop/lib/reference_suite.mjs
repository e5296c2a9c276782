// Node's Socket.IO server as the protocol suites want it (examples/protocol_suite.rs is ours), in
// a process that starts another when the server has died, on the same port.
//
//   node reference_suite.mjs     ──►  stdout: "listening on http://127.0.0.1:40123"
//
// The parent owns the port's number, the child is the server.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

// The intervals are longer than the suites': a busy machine has to keep them, too.
const OPTIONS = { pingInterval: 1000, pingTimeout: 1000, connectTimeout: 1000, cors: { origin: "*" } };

async function serve(port) {
  const { Server } = await import("socket.io");
  const { createServer } = await import("node:http");
  const http = createServer((request, response) => response.writeHead(404).end());
  const io = new Server(http, { ...OPTIONS, serveClient: false });
  io.of("/").on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    socket.on("message", (...args) => socket.emit("message-back", ...args));
    socket.on("message-with-ack", (...args) => args.pop()?.(...args));
  });
  io.of("/custom").on("connection", (socket) => socket.emit("auth", socket.handshake.auth));
  http.listen(port, "127.0.0.1", () => process.send({ port: http.address().port }));
  process.on("disconnect", () => process.exit());
}

/** Starts the server, and again whenever it is gone. */
function keep(port) {
  const child = fork(fileURLToPath(import.meta.url), ["child", String(port)], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.on("message", (message) => {
    if (!port) console.log(`listening on http://127.0.0.1:${message.port}`);
    port = message.port;
  });
  child.on("exit", () => keep(port));
}

if (process.argv[2] === "child") await serve(Number(process.argv[3]));
else {
  process.on("SIGTERM", () => process.exit());
  keep(0);
}
