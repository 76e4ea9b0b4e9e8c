"""A cluster's authentication mode, and what EKS makes when it is raised.

Sources: EKS user guide, "Set cluster authentication mode" (one way only) and "Grant IAM users access to Kubernetes with EKS
access entries" (an entry for the creator); containers-roadmap#185, the announcement ("entries … managed by MNG and Fargate will
be automatically migrated to node type access entries"); the API model of CreateCluster. "Seen" is an answer of the real service
that a public thread quotes. UG, "Change authentication mode": the cluster is UPDATING until the update is done, which is at once
here unless a story says otherwise; until then the old mode counts (terraform-aws-eks#3048).
"""

import contextvars
import secrets
import threading
import time
import uuid

from ministack.services import eks

import access_entry
import access_policy
import access_propagation
import managed_nodes
import page
import principal
from eks_answer import cluster_of, done, in_use, invalid, not_found, not_possible, shown

MODES = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]
# How long an update takes, and what ends those that are in progress, by their ids.
SETTINGS = {"seconds": 0.0}
UPDATES, PENDING = {}, {}


def begin(cluster, creator, mounted):
    """What a new cluster begins with: its creator, hidden in CONFIG_MAP unless the authenticator has it mounted."""
    cluster.update(_made=secrets.token_hex(8), _mounted=True)
    name_creator(cluster, creator, mounted)
    if cluster["accessConfig"]["authenticationMode"] != "CONFIG_MAP":
        make_creators_entry(cluster)


def name_creator(cluster, creator, mounted):
    """Say who made the cluster."""
    whom = principal.as_stored(creator or "")
    cluster["_creator_arn"], cluster["_hidden"] = whom and whom.arn, None
    if whom is not None and whom.unique_id() and whom.arn != mounted and bootstrapped(cluster):
        cluster["_hidden"] = {"arn": whom.arn, "id": whom.unique_id()}


def bootstrapped(cluster):
    """API: whether the creator was made an administrator, which is the default."""
    return cluster["accessConfig"].get("bootstrapClusterCreatorAdminPermissions", True)


def make_creators_entry(cluster):
    name, creator = cluster["name"], cluster.get("_creator_arn")
    if not creator or not bootstrapped(cluster) or eks._ae_key(name, creator) in eks._access_entries:
        return
    access_entry.keep_unless_there(name, creator, "STANDARD")
    access_policy.keep(name, creator, access_policy.policy_arn("AmazonEKSClusterAdminPolicy"),
                       {"type": "cluster", "namespaces": []})


def change(cluster, wanted):
    """Set the mode, in any direction, with what EKS makes on the way up."""
    now = cluster["accessConfig"]["authenticationMode"]
    cluster["accessConfig"] = {**cluster["accessConfig"], "authenticationMode": wanted}
    if now == "CONFIG_MAP" and wanted != now:
        make_creators_entry(cluster)
        managed_nodes.make_entries(cluster["name"])


def update_config(name, given):
    cluster = cluster_of(name)
    wanted = given.get("accessConfig", {}).get("authenticationMode")
    if wanted not in MODES:
        raise invalid("No changes needed for the logging config provided")
    check_step(cluster, wanted)
    update = {"id": str(uuid.uuid4()), "status": "InProgress", "type": "AccessConfigUpdate", "errors": [],
              "params": [{"type": "AuthenticationMode", "value": f'"{wanted}"'}], "createdAt": int(time.time())}
    UPDATES[update["id"]] = {**update, "_cluster": cluster["arn"]}
    cluster["status"] = "UPDATING"
    # The stores of the emulator go by the account and region of the request.
    PENDING[update["id"]] = lambda context=contextvars.copy_context(): context.run(finish, cluster, update["id"], wanted)
    if SETTINGS["seconds"]:
        later = threading.Timer(SETTINGS["seconds"], end, [update["id"]])
        later.daemon = True
        later.start()
    else:
        end(update["id"])
    return done({"update": update})


def check_step(cluster, wanted):
    """UG: one way, and one step at a time."""
    busy = next((one for one in PENDING if UPDATES[one]["_cluster"] == cluster["arn"]), None)
    if busy:
        # Seen: aws-cdk#33452.
        raise in_use(f"Cannot AccessConfigUpdate because cluster {cluster['name']} currently has update {busy} in progress")
    now = cluster["accessConfig"]["authenticationMode"]
    # Seen: pulumi-eks#1493 and, with its other code for the same mode again, aws-cdk#31032.
    text = f"Unsupported authentication mode update from {now} to {wanted}"
    if wanted == now:
        raise not_possible(text)
    if MODES.index(wanted) != MODES.index(now) + 1:
        raise invalid(text)


def end(identifier):
    """An update is done now, unless it was already."""
    work = PENDING.pop(identifier, None)
    if work is not None:
        work()


def end_all():
    """Every update is done now, and later ones at once."""
    SETTINGS["seconds"] = 0.0
    for identifier in list(PENDING):
        end(identifier)


def finish(cluster, identifier, wanted):
    if eks._clusters.get(cluster["name"]) is not cluster:
        return
    change(cluster, wanted)
    cluster["status"] = "ACTIVE"
    UPDATES[identifier] = {**UPDATES[identifier], "status": "Successful"}
    access_propagation.note()


def describe_update(name, identifier):
    cluster = cluster_of(name)
    update = UPDATES.get(identifier)
    if update is None or update["_cluster"] != cluster["arn"]:
        raise not_found(f"No update found for ID: {identifier}")
    return done({"update": shown(update)})


def list_updates(name, query):
    """API: the ids alone."""
    cluster = cluster_of(name)
    names, token = page.cut(query, [one for one, update in UPDATES.items() if update["_cluster"] == cluster["arn"]])
    return done(page.body("updateIds", names, token))
