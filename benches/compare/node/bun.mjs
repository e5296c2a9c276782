// Socket.IO on Bun, with the engine that its makers wrote for it.

import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { announce, listen, port } from "./contract.mjs";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
listen(io);
const server = Bun.serve({ hostname: "127.0.0.1", port: port(), ...engine.handler() });
announce(server.port);
