// The client's front door: `import { io } from "/client/index.js"`.
//
// Reading order: engineio/packet.js, payload.js, polling.js, session.js, upgrade.js, and
// then socketio/packet.js, decode.js, socket.js, manager.js. Each file names its sibling on
// the server. There is nothing to build; order.txt lists the files so that the server can
// join them into one script for pages that cannot use modules.

import { io } from "./io.js";
import { Manager } from "./socketio/manager.js";
import { Socket } from "./socketio/socket.js";

export { io, Manager, Socket, io as default };
