"""The HTTPS proxy through which the authenticator reaches STS.

The authenticator calls STS at the host that the token names. Its CONNECT comes
here; TLS ends here with a certificate for the STS hosts, and the request goes to
the emulator with its Host header unchanged, because the host is signed.
"""

import asyncio

import http_server
from certificates import STS_HOSTS


async def listen(handler, tls):
    """Serve CONNECT to the STS hosts on a free port of 127.0.0.1 and return the port."""

    async def serve(reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target = head.split(" ", 2)[:2]
            host = target.rpartition(":")[0]
            if method != "CONNECT" or host not in STS_HOSTS:
                writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                await writer.drain()
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            await writer.start_tls(tls)
            await http_server.serve_connection(reader, writer, handler)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]
