"""The emulator's application, called with one of our requests.

Its settings are read from the environment when it is imported, so this module is
imported only after serve.py has set them. Its background services stay off.
"""

import json
from xml.etree import ElementTree

from ministack import app as ministack
from ministack.core import iam_evaluator

from http_server import Response

# Upstream lets `test` and any account id in as an unchecked root user; AWS knows no such keys.
# An empty key is a request without a signature, whose right to be served is checked elsewhere.
iam_evaluator.is_root_access_key = lambda access_key_id: not access_key_id


async def answer(request):
    """What the emulator answers to `request`."""
    sent = {"status": 500, "headers": [], "body": b""}
    body_left = [request.body]

    async def receive():
        if body_left:
            return {"type": "http.request", "body": body_left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            sent["status"] = message["status"]
            sent["headers"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            sent["body"] += message.get("body", b"")

    await ministack.app(scope_of(request), receive, send)
    response = Response(sent["status"], sent["headers"], sent["body"])
    if request.header("accept") == "application/json" and response.body.lstrip().startswith(b"<"):
        return as_json(response)
    return response


def as_json(response):
    """STS's JSON form of an answer, which authenticators ask for."""
    root = ElementTree.fromstring(response.body)
    body = json.dumps({local(root): fields(root)}).encode()
    return Response(response.status, [("content-type", "application/json")], body)


def local(element):
    return element.tag.rpartition("}")[2]


def fields(element):
    return {local(child): fields(child) for child in element} or element.text or ""


def scope_of(request):
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.target.split("?", 1)[0].encode("latin-1"),
        "query_string": request.query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
