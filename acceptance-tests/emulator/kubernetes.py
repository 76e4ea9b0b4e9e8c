"""A kube-apiserver as the bed itself sees it: with the administrator's certificate.

Also the way through which a story loses or holds answers of an API server: a
server of ours that passes each request on, under the story's faults.
"""

import asyncio
import http.client
import json
import ssl
from urllib.parse import urlsplit

import http_server
from http_server import Response


class Kubernetes:
    """One API server, reached with the bed's administrator certificate."""

    def __init__(self, endpoint, authority, certificate, key):
        self.host = urlsplit(endpoint).netloc
        self.trust = ssl.create_default_context(cafile=authority)
        self.administrator = ssl.create_default_context(cafile=authority)
        self.administrator.load_cert_chain(certificate, key)

    def send(self, method, path, body=b"", headers=(), context=None):
        """(status, headers, body) of one request, as the administrator unless another context is given."""
        connection = http.client.HTTPSConnection(self.host, context=context or self.administrator, timeout=60)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True, skip_host=False)
            for name, value in headers:
                connection.putheader(name, value)
            connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.send("GET", path)
        if status != 200:
            raise RuntimeError(f"kube-apiserver answered {status} to {path}: {body.decode('utf-8', 'replace')}")
        return json.loads(body)


async def listen_under_faults(kubernetes, faults, log, tls):
    """The port of a server that passes requests on to `kubernetes` under the story's faults."""

    async def handle(request):
        action = f"{request.method} {request.path.rstrip('/').rsplit('/', 1)[-1]}"
        headers = [(name, text) for name, text in request.headers
                   if name not in ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")]

        async def work():
            return Response(*await asyncio.to_thread(
                kubernetes.send, request.method, request.target, request.body, headers, kubernetes.trust))

        return await log.record(request, "kubernetes", action, request.path,
                                faults.around("kubernetes", action, request.body.decode("utf-8", "replace"), work))

    return await http_server.listen(handle, tls)
