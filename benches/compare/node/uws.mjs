// Socket.IO on Node, with HTTP and frames by µWebSockets.

import uws from "@trufflesuite/uws-js-unofficial";
import { Server } from "socket.io";
import { announce, listen, port } from "./contract.mjs";

const app = uws.App();
const io = new Server({ serveClient: false });
io.attachApp(app);
listen(io);
app.listen("127.0.0.1", port(), (socket) => announce(uws.us_socket_local_port(socket)));
