"""Access entries: create, describe, list, update, delete.

The records stand in the emulator's own store. An entry remembers the unique id that its principal has now (UG, "Create access
entries": EKS stores it): a principal that is deleted and made again under the same ARN is another one. Records are replaced
and never changed, so that what was in force a moment ago can still be told.
"""

import secrets
import uuid

from ministack.services import eks

import access_entry_rules as rules
import access_propagation
import page
import pass_role
import principal
import tags
from eks_answer import cluster_of, done, in_use, limit_exceeded, not_found, not_possible, shown

# Quota L-C56B9FC3, "Access entries per cluster", not adjustable; a story may lower it.
SETTINGS = {"quota": 3000}


def api_cluster(name):
    """The cluster, whose mode must know access entries."""
    cluster = cluster_of(name)
    if cluster["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        # Seen: terraform-aws-eks#2917.
        raise not_possible("The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
                           "to perform this operation.")
    return cluster


def stored(name, arn):
    entry = eks._access_entries.get(eks._ae_key(name, arn))
    if entry is None:
        raise not_there()
    return entry


def not_there():
    # Seen: terraform-aws-eks#3024.
    return not_found("The specified principalArn could not be found. You can view your available access entries with "
                     "'list-access-entries'.")


def create(name, body):
    cluster = api_cluster(name)
    whom, kind = rules.check_new(cluster["arn"].split(":")[4], body)
    tags.check(body)
    if eks._ae_key(name, whom.arn) in eks._access_entries:
        # Seen: terraform-aws-eks#3293.
        raise in_use("The specified access entry resource is already in use on this cluster.")
    if kind in ("EC2_LINUX", "EC2_WINDOWS"):
        # To which service the role is passed is not published.
        pass_role.check(whom.arn, ("eks.amazonaws.com", "ec2.amazonaws.com"), cluster["arn"])
    if count(name) >= SETTINGS["quota"]:
        raise limit_exceeded(f"You have reached the limit of {SETTINGS['quota']} access entries per cluster.")
    return done({"accessEntry": shown(keep(name, whom, kind, body))})


def keep(name, whom, kind, body):
    """Make the entry of a principal; nothing is checked."""
    username, groups = rules.filled_in(whom, kind, body)
    prefix = eks._clusters[name]["arn"].rpartition(":")[0]
    # Service authorization reference: the ARN of an access entry.
    arn = f"{prefix}:access-entry/{name}/{whom.kind}/{whom.account}/{whom.name}/{uuid.uuid4()}"
    entry = {**eks._build_access_entry(name, whom.arn, body), "accessEntryArn": arn, "type": kind, "username": username,
             "kubernetesGroups": groups, "_principal_id": whom.unique_id() or f"AROA{secrets.token_hex(9).upper()[:17]}"}
    eks._access_entries[eks._ae_key(name, whom.arn)] = entry
    # TagResource and UntagResource change these.
    eks._tags[arn] = dict(body.get("tags") or {})
    return entry


def keep_unless_there(name, arn, kind):
    """Make an entry as EKS makes those of node roles: one that is there stays as it is."""
    whom = principal.parse(arn)
    if whom is not None and eks._ae_key(name, arn) not in eks._access_entries:
        keep(name, whom, kind, {})


def count(name):
    return sum(1 for key in eks._access_entries if key.startswith(f"{name}\x00"))


def describe(name, arn):
    cluster = api_cluster(name)
    entry = access_propagation.listed(cluster)["entries"].get(arn)
    if entry is None:
        raise not_there()
    return done({"accessEntry": shown(entry)})


def list_all(name, query):
    view = access_propagation.listed(api_cluster(name))
    wanted = query.get("associatedPolicyArn")
    arns = [arn for arn in view["entries"]
            if not wanted or any(one["policyArn"] == wanted for one in view["policies"].get(arn, []))]
    names, token = page.cut(query, arns)
    return done(page.body("accessEntries", names, token))


def update(name, arn, body):
    """API: groups and user name; what is not given stays."""
    api_cluster(name)
    entry = stored(name, arn)
    rules.check_names(body)
    if entry["type"] != "STANDARD":
        rules.check_node_names(entry["type"], body)
    changed = {field: body[field] for field in ("kubernetesGroups", "username") if body.get(field) is not None}
    if entry["type"] != "STANDARD":
        changed = {}
    if changed.get("username") == "":
        changed["username"] = rules.default_username(principal.parse(arn))
    entry = {**entry, **changed, "modifiedAt": eks._now()}
    eks._access_entries[eks._ae_key(name, arn)] = entry
    return done({"accessEntry": shown(entry)})


def delete(name, arn):
    """UG, "Delete access entries": the associations go with the entry."""
    api_cluster(name)
    stored(name, arn)
    drop(name, arn)
    return done({})


def drop(name, arn):
    """Delete an entry, if there is one."""
    eks._access_entries.pop(eks._ae_key(name, arn), None)
    for key in [key for key in eks._access_policies if key.startswith(f"{name}\x00{arn}\x00")]:
        eks._access_policies.pop(key, None)
