"""What was asked of the cloud: one line per request, without credentials or bodies."""

import re
import time

from http_server import AnswerLost

ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\": ?\"([^\"]+)\"|\"reason\": ?\"([^\"]+)\"")


class RequestLog:
    """The requests since the last reset, oldest first."""

    def __init__(self):
        self.lines = []

    def clear(self):
        self.lines = []

    async def record(self, request, service, action, subject, answering):
        """Await the answer and note the request with what became of it."""
        line = {
            "service": service,
            "action": action,
            "subject": subject,
            "host": request.header("host"),
            "user_agent": request.header("user-agent"),
            "region": region_of(request),
            "at": time.time(),
            "status": None,
            "error": "",
        }
        self.lines.append(line)
        try:
            response = await answering
        except AnswerLost:
            line["error"] = "AnswerLost"
            raise
        line["status"] = response.status
        if response.status >= 400 and (found := ERROR_CODE.search(response.body)):
            line["error"] = next(filter(None, found.groups())).decode("utf-8", "replace")
        line["milliseconds"] = round((time.time() - line["at"]) * 1000, 1)
        return response


def region_of(request):
    """The region of the signature's scope."""
    scope = re.search(r"Credential=[^/]*/\d{8}/([^/]+)/", request.header("authorization"))
    return scope.group(1) if scope else ""
