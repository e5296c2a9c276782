// Socket.IO on Node, as it comes: HTTP by Node, frames by ws.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { announce, listen, port } from "./contract.mjs";

const http = createServer();
listen(new Server(http, { serveClient: false }));
http.listen(port(), "127.0.0.1", () => announce(http.address().port));
