"""Others who write aws-auth: people with an editor, and tools that rewrite the whole document from its parsed form.

Each writer owns one entry and counts in its username: `editor-3-17` is the 17th edit of the third editor. Before an edit a writer
looks whether its last one is still there; if not, somebody has lost it. Every write carries the resourceVersion that was read, and
is made anew on a conflict, as `kubectl replace` and eksctl's library do it.

Called with one JSON object on standard input, answers with one: per kind the edits, conflicts and lost edits.
"""

import http.client
import json
import random
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit

import yaml

PATH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Server:
    """One connection to the API server as its administrator."""

    def __init__(self, plan, agent):
        context = ssl.create_default_context(cafile=plan["authority"])
        context.load_cert_chain(plan["certificate"], plan["key"])
        self.connection = http.client.HTTPSConnection(urlsplit(plan["endpoint"]).netloc, context=context, timeout=60)
        self.agent = agent

    def ask(self, method, body=None):
        headers = {"user-agent": self.agent, "content-type": "application/json"}
        self.connection.request(method, PATH, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


class Writer:
    """A writer with one entry of its own."""

    kind = ""

    def __init__(self, plan, number):
        self.name = f"{self.kind}-{number}"
        self.arn = f"arn:aws:iam::111122223333:role/{self.name}"
        self.server = Server(plan, self.kind)
        self.edits, self.pause = plan["edits"][self.kind], plan["pause"]
        self.done, self.conflicts, self.lost = 0, 0, 0
        self.chance = random.Random(f"{plan['seed']}-{self.name}")

    def username(self):
        return f"{self.name}-{self.done}"

    def run(self):
        while self.done < self.edits:
            time.sleep(self.chance.uniform(0, 2 * self.pause))
            self.edit_once()

    def edit_once(self):
        while True:
            status, found = self.server.ask("GET")
            if status != 200:
                raise RuntimeError(f"GET: {status} {found}")
            text = found["data"]["mapRoles"]
            if self.done > 0 and not self.is_there(text):
                self.lost += 1
            found["data"]["mapRoles"] = self.edited(text)
            status, answer = self.server.ask("PUT", found)
            if status == 200:
                self.done += 1
                return
            if status != 409:
                raise RuntimeError(f"PUT: {status} {answer}")
            self.conflicts += 1
            time.sleep(self.chance.uniform(0, 2 * self.pause))

    def is_there(self, text):
        return any(item.get("rolearn") == self.arn and item.get("username") == self.username()
                   for item in yaml.load(text, LOADER))

    def next_name(self):
        return f"{self.name}-{self.done + 1}"


class Editor(Writer):
    """A person: the text with one line changed, everything else byte for byte as it was."""

    kind = "editor"

    def edited(self, text):
        if self.done > 0:
            return text.replace(self.username() + "\n", self.next_name() + "\n")
        first = next(line for line in text.splitlines() if line.lstrip().startswith("- "))
        indent = first[:len(first) - len(first.lstrip())]
        end = "" if text.endswith("\n") else "\n"
        return f"{text}{end}{indent}- rolearn: {self.arn}\n{indent}  username: {self.next_name()}\n"


class Rewriter(Writer):
    """A tool: the document parsed, changed and printed again in its own style; comments go."""

    kind = "rewriter"

    def edited(self, text):
        items = [item for item in yaml.load(text, LOADER) if item.get("rolearn") != self.arn]
        items.append({"rolearn": self.arn, "username": self.next_name(), "groups": ["rewritten"]})
        return yaml.dump(items, Dumper=DUMPER, default_flow_style=False)


def main():
    plan = json.load(sys.stdin)
    writers = [kind(plan, number) for kind in (Editor, Rewriter) for number in range(plan["writers"][kind.kind])]
    failures = []

    def run(writer):
        try:
            writer.run()
        except Exception as error:  # told to the story, which fails with it
            failures.append(f"{writer.name}: {error}")

    threads = [threading.Thread(target=run, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {"failures": failures, "last": {writer.arn: writer.username() for writer in writers}}
    for kind in (Editor.kind, Rewriter.kind):
        mine = [writer for writer in writers if writer.kind == kind]
        told[kind] = {name: sum(getattr(writer, name) for writer in mine) for name in ("done", "conflicts", "lost")}
    json.dump(told, sys.stdout)


main()
