"""The contract of a benchmarked server, kept by python-socketio on uvicorn."""

import argparse
import socket

import socketio
import uvicorn

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, default=0)
arguments.add_argument("--threads", type=int, default=1)
arguments = arguments.parse_args()

io = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")


# A tuple is a list of arguments: `data` alone would be none of them, were it `None`.


@io.event
async def echo(sid, data):
    await io.emit("echo", (data,), to=sid)


@io.on("bin")
async def binary(sid, data):
    await io.emit("bin", (data,), to=sid)


@io.on("ack-me")
async def acknowledge(sid, data):
    return (data,)


@io.event
async def join(sid, room):
    await io.enter_room(sid, room)
    return ()


@io.event
async def leave(sid, room):
    await io.leave_room(sid, room)
    return ()


@io.event
async def bcast(sid, room, data):
    await io.emit("bcast", (data,), room=room)


# The port has to be known before it is announced, so it is opened here.
listener = socket.create_server(("127.0.0.1", arguments.port), backlog=2048)
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
config = uvicorn.Config(socketio.ASGIApp(io), log_level="warning", access_log=False)
uvicorn.Server(config).run(sockets=[listener])
