"""What of access is in force and what lists show, now or a while after it was changed.

UG, "Create access entries": creation and updates "are eventually consistent, and may take several seconds to be effective"; the API
model of CreatePodIdentityAssociation says the same. A story may set the delays: `in_force` for the authenticator, the
authorizer and EKS Auth, `listed` for Describe and List operations of access entries. The operations that write always see the
newest.
"""

import threading
import time

from ministack.services import eks

import authenticator_files
import backing
import principal

NOTHING = {"mode": "CONFIG_MAP", "made": None, "hidden": None, "mounted": True, "aws_auth_first": False, "entries": {}, "policies": {}, "associations": {}}
DELAYS = {"in_force": 0.0, "listed": 0.0}
HISTORY = {}
LOCK = threading.RLock()


def delay(wanted):
    """From now on changes take so many seconds."""
    DELAYS.update(wanted)


def settle():
    """Everything is in force and listed, and new principals are known, at once again."""
    DELAYS.update(in_force=0.0, listed=0.0)
    principal.SETTINGS.update(seconds=0.0)
    note()


def note():
    """Take note of what the clusters are like now, and hand the authenticators what is in force."""
    now = time.monotonic()
    with LOCK:
        places = set(eks._clusters._data)
        for gone in set(HISTORY) - places:
            HISTORY.pop(gone)
        for place in places:
            if place in eks._clusters._data:
                remember(place, snapshot(place), now)
        write()
        if DELAYS["in_force"]:
            later = threading.Timer(DELAYS["in_force"] + 0.01, write)
            later.daemon = True
            later.start()


def remember(place, seen, now):
    known = HISTORY.get(place)
    if not known or known[-1][1]["made"] != seen["made"]:
        HISTORY[place] = [(0.0, seen)]
    elif known[-1][1] != seen:
        known.append((now, seen))
    oldest = now - max(DELAYS.values())
    while len(HISTORY[place]) > 1 and HISTORY[place][1][0] <= oldest:
        HISTORY[place].pop(0)


def snapshot(place):
    """A cluster's mode, entries, policies and pods' roles; records are never changed, so the copy may be shallow."""
    cluster = eks._clusters._data[place]
    entries, policies = {}, {}
    for arns, record in children(eks._access_entries, place):
        entries[arns[0]] = record
    for arns, record in children(eks._access_policies, place):
        policies.setdefault(arns[0], []).append(record)
    associations = {(record["namespace"], record["serviceAccount"]): record
                    for _, record in children(eks._pod_identity_associations, place)}
    return {"mode": cluster["accessConfig"].get("authenticationMode", "CONFIG_MAP"), "made": cluster.get("_made"),
            "hidden": cluster.get("_hidden"), "mounted": cluster.get("_mounted", True),
            "aws_auth_first": cluster.get("_aws_auth_first", False), "entries": entries, "policies": policies,
            "associations": associations}


def children(store, place):
    """(what the key tells after the cluster, record) of what belongs to a cluster."""
    account, region, name = place
    for key, record in list(store._data.items()):
        parts = key[2].split("\x00")
        if key[:2] == (account, region) and parts[0] == name:
            yield parts[1:], record


def in_force(place):
    """What the control plane goes by."""
    return as_of(place, DELAYS["in_force"])


def listed(cluster):
    """What Describe and List operations show of a cluster."""
    return as_of(place_of(cluster), DELAYS["listed"])


def place_of(cluster):
    """(account, region, name) of a cluster."""
    _, _, _, region, account, rest = cluster["arn"].split(":", 5)
    return account, region, rest.removeprefix("cluster/")


def as_of(place, seconds):
    with LOCK:
        known = HISTORY.get(place)
        if not known:
            return NOTHING
        before = time.monotonic() - seconds
        return next((seen for at, seen in reversed(known) if at <= before), known[0][1])


def write():
    """Hand every authenticator what is in force."""
    with LOCK:
        for name, known in backing.BACKINGS.items():
            authenticator_files.write(known, in_force(backing.place(name)))
