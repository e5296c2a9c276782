// The contract of a benchmarked server, for every Socket.IO server in JavaScript.
//
//   port()      what stands behind --port
//   listen(io)  the events
//   announce()  says where it listens: from then on it can be measured

export function port() {
  const at = process.argv.indexOf("--port");
  return at < 0 ? 0 : Number(process.argv[at + 1]);
}

export function listen(io) {
  io.on("connection", (socket) => {
    socket.on("echo", (data) => socket.emit("echo", data));
    socket.on("bin", (data) => socket.emit("bin", data));
    socket.on("ack-me", (data, ack) => ack(data));
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack();
    });
    socket.on("leave", (room, ack) => {
      socket.leave(room);
      ack();
    });
    socket.on("bcast", (room, data) => io.to(room).emit("bcast", data));
  });
}

export function announce(port) {
  console.log(`listening on http://127.0.0.1:${port}`);
}
