"""A cluster's authentication mode, and what EKS makes when it is raised.

Sources: EKS user guide, "Set cluster authentication mode" (one way only) and "Grant IAM users access to Kubernetes with EKS
access entries" (an entry for the creator); containers-roadmap#185, the announcement ("entries … managed by MNG and Fargate will
be automatically migrated to node type access entries"); the API model of CreateCluster.
"""

import secrets
import time

from ministack.services import eks

import access_entry
import access_policy
import managed_nodes
import principal
from eks_answer import Refused, cluster_of, done, invalid, not_found, not_possible

MODES = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]
UPDATES = {}


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
    now = cluster["accessConfig"]["authenticationMode"]
    text = f"Unsupported authentication mode update from {now} to {wanted}"
    if wanted == now:
        raise not_possible(text)
    if MODES.index(wanted) != MODES.index(now) + 1:
        raise Refused(400, "InvalidParameterException", text)
    change(cluster, wanted)
    update = {"id": secrets.token_hex(16), "status": "InProgress", "type": "AccessConfigUpdate", "errors": [],
              "params": [{"type": "AuthenticationMode", "value": f'"{wanted}"'}], "createdAt": int(time.time())}
    UPDATES[update["id"]] = {**update, "status": "Successful"}
    return done({"update": update})


def describe_update(identifier):
    update = UPDATES.get(identifier)
    if update is None:
        raise not_found(f"No update found for ID: {identifier}")
    return done({"update": update})
