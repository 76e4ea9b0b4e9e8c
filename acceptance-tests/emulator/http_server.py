"""A small HTTP/1.1 server that runs one coroutine per request.

The emulator's usual server cannot drop a connection in place of an answer; this
one can, which is how the bed loses an answer after the work was done.
"""

import asyncio
import http
from dataclasses import dataclass
from urllib.parse import unquote

MAX_HEAD = 128 * 1024


class AnswerLost(Exception):
    """Raised by a handler: close the connection and send nothing."""


@dataclass
class Request:
    """One request; header names are lower case and may repeat."""

    method: str
    target: str
    headers: list
    body: bytes

    @property
    def path(self):
        return unquote(self.target.split("?", 1)[0])

    @property
    def query(self):
        return self.target.split("?", 1)[1] if "?" in self.target else ""

    def header(self, name):
        return next((value for key, value in self.headers if key == name), "")


@dataclass
class Response:
    """One answer; headers are (name, value) pairs without the framing ones."""

    status: int
    headers: list
    body: bytes


async def listen(handler, tls=None):
    """Serve `handler(Request) -> Response` on a free port of 127.0.0.1 and return the port."""

    async def serve(reader, writer):
        await serve_connection(reader, writer, handler)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=MAX_HEAD)
    return server.sockets[0].getsockname()[1]


async def serve_connection(reader, writer, handler):
    """Answer the requests of one connection until it is closed."""
    try:
        while request := await read_request(reader, writer):
            response = await handler(request)
            keep = request.header("connection").lower() != "close"
            writer.write(encode(response, keep))
            await writer.drain()
            if not keep:
                break
    except (AnswerLost, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.transport.abort()
    finally:
        writer.close()


async def read_request(reader, writer):
    """The next request of a connection, or None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, target, _version = lines[0].split(" ", 2)
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    fields = dict(headers)
    if fields.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
    return Request(method, target, headers, await read_body(reader, fields))


async def read_body(reader, fields):
    if "chunked" not in fields.get("transfer-encoding", "").lower():
        return await reader.readexactly(int(fields.get("content-length", "0")))
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return body


def encode(response, keep):
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    framing = ("content-length", "connection", "transfer-encoding", "keep-alive")
    lines += [f"{name}: {value}" for name, value in response.headers if name.lower() not in framing]
    lines.append(f"content-length: {len(response.body)}")
    lines.append(f"connection: {'keep-alive' if keep else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + response.body
