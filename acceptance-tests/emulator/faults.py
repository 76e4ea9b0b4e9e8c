"""Faults a story asks for: what happens to the next requests of one action.

Kinds: `error` answers without doing the work, `lost` does the work and closes the
connection, `dropped` closes it without doing the work, `delay` waits, `hold` waits
until the story releases it.
"""

import asyncio
import json
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from http_server import AnswerLost, Response

KINDS = ("error", "lost", "dropped", "delay", "hold")


@dataclass
class Fault:
    """One fault; `skip` requests pass first, then `times` requests meet it."""

    action: str
    kind: str
    times: int = 1
    skip: int = 0
    containing: str = ""
    status: int = 400
    code: str = ""
    message: str = ""
    milliseconds: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    met: int = 0
    waiting: int = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"fault kind `{self.kind}` is none of {', '.join(KINDS)}")


class Faults:
    """The faults that are still to come."""

    def __init__(self):
        self.pending = []

    def add(self, wanted):
        self.pending.append(Fault(**wanted))

    def clear(self):
        self.release()
        self.pending = []

    def release(self):
        for fault in self.pending:
            fault.released.set()

    def describe(self):
        return [{"action": f.action, "kind": f.kind, "left": f.times, "met": f.met, "waiting": f.waiting}
                for f in self.pending]

    def take(self, action, text):
        for fault in self.pending:
            if fault.action not in (action, "*") or fault.times <= 0 or fault.containing not in text:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            fault.met += 1
            return fault
        return None

    async def around(self, service, action, text, work):
        """Run `work()` under the fault that the request meets, if any."""
        fault = self.take(action, text)
        if fault is None:
            return await work()
        if fault.kind == "error":
            return error_response(service, fault.status, fault.code, fault.message)
        if fault.kind == "dropped":
            raise AnswerLost
        if fault.kind == "delay":
            await asyncio.sleep(fault.milliseconds / 1000)
        if fault.kind == "hold":
            fault.waiting += 1
            await fault.released.wait()
            fault.waiting -= 1
        answer = await work()
        if fault.kind == "lost":
            raise AnswerLost
        return answer


def error_response(service, status, code, message):
    """An error in the shape of its service: XML for IAM and STS, JSON for EKS, a Status for Kubernetes."""
    if service == "kubernetes":
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": code, "code": status, "message": message}
        return Response(status, [("content-type", "application/json")], json.dumps(body).encode())
    if service in ("eks", "eks-auth"):
        body = json.dumps({"__type": code, "message": message}).encode()
        return Response(status, [("content-type", "application/json"), ("x-amzn-errortype", code)], body)
    side = "Sender" if status < 500 else "Receiver"
    body = (f"<ErrorResponse><Error><Type>{side}</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            "<RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>")
    return Response(status, [("content-type", "text/xml")], body.encode())
