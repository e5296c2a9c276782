-- Engine.IO and Socket.IO for Wireshark.
--
--   42/chat,7["typing",{"on":true}]
--   ||\____/|\____________________/
--   ||  |   |  socketio.data         JSON: the name of the event, then its arguments
--   ||  |   socketio.id              the sender waits for 43/chat,7[...]
--   ||  socketio.namespace           /chat; nothing for the main one
--   |socketio.type                   EVENT
--   engineio.type                    message
--
-- Long-polling joins several such packets in the body of one request or answer, by the record
-- separator (0x1e), and writes bytes as base64 behind a "b". On WebSocket, a text frame is one
-- packet, and a binary frame is the bytes of an attachment.
--
-- Which traffic it looks at: requests whose path begins with one of the paths in the preferences,
-- and the WebSockets that were opened by such a request. Protocol documents: Engine.IO v4,
-- "Packet encoding"; Socket.IO v5, "Packet encoding".
--
-- To use it: copy this file into the folder of personal Lua plugins (About > Folders), or
--   tshark -X lua_script:socketio.lua -r some.pcapng -Y socketio

local engineio = Proto("engineio", "Engine.IO")
local socketio = Proto("socketio", "Socket.IO")

engineio.prefs.paths = Pref.string("Paths", "/socket.io/,/engine.io/",
  "What the paths of requests begin with, separated by commas")

local ENGINEIO_TYPES = {
  ["0"] = "open", ["1"] = "close", ["2"] = "ping", ["3"] = "pong",
  ["4"] = "message", ["5"] = "upgrade", ["6"] = "noop", ["b"] = "message, bytes as base64",
}

local SOCKETIO_TYPES = {
  ["0"] = "CONNECT", ["1"] = "DISCONNECT", ["2"] = "EVENT", ["3"] = "ACK",
  ["4"] = "CONNECT_ERROR", ["5"] = "BINARY_EVENT", ["6"] = "BINARY_ACK",
}

local E = {
  type = ProtoField.string("engineio.type", "Type"),
  data = ProtoField.string("engineio.data", "Data"),
  handshake = ProtoField.string("engineio.handshake", "Handshake"),
  base64 = ProtoField.string("engineio.base64", "Bytes, as base64"),
  separator = ProtoField.uint8("engineio.separator", "Record separator", base.HEX),
}
engineio.fields = { E.type, E.data, E.handshake, E.base64, E.separator }

local S = {
  type = ProtoField.string("socketio.type", "Type"),
  attachments = ProtoField.uint32("socketio.attachments", "Attachments that follow"),
  namespace = ProtoField.string("socketio.namespace", "Namespace"),
  id = ProtoField.string("socketio.id", "Acknowledgement id"),
  event = ProtoField.string("socketio.event", "Event"),
  data = ProtoField.string("socketio.data", "Data"),
  attachment = ProtoField.bytes("socketio.attachment", "Attachment"),
}
socketio.fields = { S.type, S.attachments, S.namespace, S.id, S.event, S.data, S.attachment }

local malformed = ProtoExpert.new("engineio.malformed", "Not a packet",
  expert.group.MALFORMED, expert.severity.ERROR)
local wrong = ProtoExpert.new("socketio.malformed", "Not a packet",
  expert.group.MALFORMED, expert.severity.ERROR)
engineio.experts = { malformed }
socketio.experts = { wrong }

local stream_of = Field.new("tcp.stream")
local uri_of = Field.new("http.request.uri")
local answered_uri = Field.new("http.response_for.uri")
local opcode_of = Field.new("websocket.opcode")
local json = Dissector.get("json")

-- Streams on which a request of ours was seen, by number.
local ours = {}

-- The value of a field of this frame: of several, the last.
local function value(field)
  local found = { field() }
  return #found > 0 and found[#found].value or nil
end

-- Whether a path is one of those in the preferences; the host may stand in front.
local function is_ours(uri)
  local path = tostring(uri):gsub("^%a+://[^/]*", "")
  for prefix in engineio.prefs.paths:gmatch("[^,%s]+") do
    if path:sub(1, #prefix) == prefix then return true end
  end
  return false
end

-- What the summary of the frame says of one packet, instead of what the layers below and the JSON
-- within have to say. What it says of the packets before stays.
local function summarise(pinfo, text)
  pinfo.cols.protocol = "Socket.IO"
  pinfo.cols.info:clear()
  pinfo.cols.info:append(text .. "  ")
  pinfo.cols.info:fence()
end

-- Socket.IO: <type>[<attachments>-][<namespace>,][<id>][JSON], as the specification writes it.
local function dissect_socketio(range, pinfo, tree)
  local text = range:string(ENC_UTF_8)
  local item = tree:add(socketio, range)
  local kind = SOCKETIO_TYPES[text:sub(1, 1)]
  if not kind then
    item:add_proto_expert_info(wrong, "no packet type: wanted a digit from 0 to 6")
    summarise(pinfo, "Socket.IO ?")
    return
  end
  item:add(S.type, range(0, 1), kind):append_text(" (" .. text:sub(1, 1) .. ")")
  local at = 1
  local function field(pattern) return text:match("^" .. pattern, at + 1) end

  if kind:sub(1, 6) == "BINARY" then
    local count = field("(%d+)%-")
    if not count then
      item:add_proto_expert_info(wrong, "no number of attachments: wanted digits and a '-'")
      return
    end
    item:add(S.attachments, range(at, #count), tonumber(count))
    at = at + #count + 1
  end
  local namespace = "/"
  local written = field("(/[^,]*)")
  if written then
    namespace = written
    item:add(S.namespace, range(at, #written), written)
    at = math.min(at + #written + 1, #text)
  else
    item:add(S.namespace, "/"):append_text(" (the main one)"):set_generated()
  end
  local id = field("(%d+)")
  if id then
    item:add(S.id, range(at, #id), id)
    at = at + #id
  end
  local says = kind .. " " .. namespace
  if at < #text then
    local data = range(at)
    local event = kind:find("EVENT") and field('%[%s*"([^"]*)"')
    if event then
      item:add(S.event, range(at, data:len()), event):set_generated()
      says = says .. ' "' .. event .. '"'
    end
    item:add(S.data, data)
    json:call(data:tvb(), pinfo, item)
  elseif kind:find("EVENT") or kind:find("ACK") then
    item:add_proto_expert_info(wrong, "no data: wanted a JSON array")
  end
  if id then says = says .. ", id " .. id end
  item:append_text(": " .. says)
  summarise(pinfo, "Socket.IO " .. says)
end

-- Engine.IO: one packet of text.
local function dissect_packet(range, pinfo, tree)
  local item = tree:add(engineio, range)
  local text = range:string(ENC_UTF_8)
  local letter = text:sub(1, 1)
  local kind = ENGINEIO_TYPES[letter]
  if not kind then
    item:add_proto_expert_info(malformed, "no packet type: wanted a digit from 0 to 6, or 'b'")
    summarise(pinfo, "Engine.IO ?")
    return
  end
  item:append_text(": " .. kind)
  item:add(E.type, range(0, 1), kind):append_text(" (" .. letter .. ")")
  local rest = range:len() > 1 and range(1) or nil
  if letter == "4" then
    if rest then dissect_socketio(rest, pinfo, tree) end
    return
  end
  local says = "Engine.IO " .. kind
  if rest and letter == "0" then
    item:add(E.handshake, rest)
    json:call(rest:tvb(), pinfo, item)
  elseif rest and letter == "b" then
    item:add(E.base64, rest)
  elseif rest then
    item:add(E.data, rest)
    says = says .. " " .. rest:string()
  end
  summarise(pinfo, says)
end

-- The body of a poll: packets with a record separator between them.
local function dissect_body(tvb, pinfo, tree)
  local bytes = tvb:raw()
  local from = 1
  while from <= #bytes + 1 do
    local separator = bytes:find("\x1e", from, true)
    local to = separator or #bytes + 1
    if to > from then
      dissect_packet(tvb(from - 1, to - from), pinfo, tree)
    else
      tree:add(engineio):add_proto_expert_info(malformed, "an empty packet")
    end
    if not separator then break end
    tree:add(E.separator, tvb(separator - 1, 1))
    from = separator + 1
  end
end

-- Bodies of text are ours where their request is; all others stay whose they were.
local media = DissectorTable.get("media_type")
local others = media:get_dissector("text/plain")
local body = Proto("engineio_body", "Engine.IO payload")
function body.dissector(tvb, pinfo, tree)
  local uri = value(uri_of) or value(answered_uri)
  if uri and is_ours(uri) then
    dissect_body(tvb, pinfo, tree)
  elseif others then
    others:call(tvb, pinfo, tree)
  end
  return tvb:len()
end
media:add("text/plain", body)

-- A WebSocket is ours if its stream has begun with a request of ours.
engineio:register_heuristic("ws", function(tvb, pinfo, tree)
  if not ours[value(stream_of)] then return false end
  if value(opcode_of) == 2 then
    local item = tree:add(socketio, tvb())
    item:append_text(": an attachment")
    item:add(S.attachment, tvb())
    summarise(pinfo, "Socket.IO attachment, " .. tvb:len() .. " bytes")
  else
    dissect_packet(tvb(), pinfo, tree)
  end
  return true
end)

-- Takes note of streams. Requests come before what they open.
local watcher = Proto("engineio_streams", "Engine.IO streams")
function watcher.dissector()
  local uri, stream = value(uri_of), value(stream_of)
  if uri and stream then ours[stream] = is_ours(uri) or nil end
end
function watcher.init() ours = {} end
register_postdissector(watcher)
