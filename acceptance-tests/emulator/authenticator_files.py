"""The two files that aws-iam-authenticator reads while it runs: access entries and the mode.

Source: aws-iam-authenticator 0.7.9, pkg/mapper/dynamicfile (`server.dynamicfilepath`, strict by unique id) and
pkg/server (`server.dynamicBackendModePath`, names parted by spaces). Written in place: a half-written file does not parse and
changes nothing, and a write is in force after some 10 ms.
"""

import json
import time

import principal

ENTRIES, MODE = "access-entries.json", "backend-mode.json"


def write(known, view):
    """Write what changed, where the cluster's control plane has a folder for it."""
    if known.get("folder") is None:
        return
    for file, content in ((ENTRIES, entries(view)), (MODE, {"backendMode": " ".join(backends(view))})):
        if known.setdefault("written", {}).get(file) == content:
            continue
        # The authenticator takes the time as the start of a delay that it measures.
        stamped = {"LastUpdatedDateTime": str(int(time.time())), "Version": "1", **content}
        (known["folder"] / file).write_text(json.dumps(stamped))
        known["written"][file] = content


def backends(view):
    """The backends in the order in which they are asked: the creator's hidden access, access entries, aws-auth, which a story may put first."""
    names = ["MountedFile"] if view["mounted"] else []
    if view["mode"] != "CONFIG_MAP" or view["hidden"]:
        names.append("DynamicFile")
    if view["mode"] != "API":
        names.insert(0 if view["aws_auth_first"] else len(names), "EKSConfigMap")
    return names


def entries(view):
    """The entries of the API modes; in CONFIG_MAP the hidden creator, where it is another than the mounted one."""
    if view["mode"] != "CONFIG_MAP":
        found = [mapped(entry["principalArn"], entry["_principal_id"], entry["username"], entry["kubernetesGroups"])
                 for entry in view["entries"].values()]
    elif view["hidden"]:
        found = [mapped(view["hidden"]["arn"], view["hidden"]["id"], "cluster-creator", ["system:masters"])]
    else:
        found = []
    return {"mapRoles": [one for one in found if "rolearn" in one], "mapUsers": [one for one in found if "userarn" in one]}


def mapped(arn, identifier, username, groups):
    whom = principal.parse(arn)
    return {f"{whom.kind}arn": whom.canonical, "userid": identifier, "username": username, "groups": list(groups)}
