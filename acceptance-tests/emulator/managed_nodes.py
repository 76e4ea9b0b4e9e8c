"""Managed node groups and Fargate profiles, and the access that EKS gives their roles.

Sources: EKS user guide, "Create access entries" ("EKS will create access entries (if enabled), or update the auth config map"),
"Delete a managed node group" (a role that no other managed node group uses loses its entry); containers-roadmap#185 (in the API
modes only entries are managed). Others report that entries stay behind (containers-roadmap#2441, #2631, terraform-aws-eks#3047):
a story may ask for that.
"""

import secrets

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import eks

import access_entry
import node_role_mapping
import page
from eks_answer import cluster_of, done, in_use, not_found

SETTINGS = {"entries_stay": False}
PROFILES = AccountRegionScopedDict()


def make_entries(name):
    """The mode was raised: every managed role gets an entry."""
    for role, kind in roles(name).items():
        access_entry.keep_unless_there(name, role, kind)


def roles(name):
    """The roles of managed nodes, with the type of their entry."""
    found = {group["nodeRole"]: kind_of(group) for group in of_cluster(eks._nodegroups, name)}
    found.update({one["podExecutionRoleArn"]: "FARGATE_LINUX" for one in of_cluster(PROFILES, name)})
    return found


def of_cluster(store, name):
    return [record for key, record in store.items() if key.startswith(f"{name}/")]


def kind_of(group):
    return "EC2_WINDOWS" if group["amiType"].startswith("WINDOWS") else "EC2_LINUX"


def admit(name, role, kind):
    """Give a role of managed nodes access, in the way of the cluster's mode."""
    if cluster_of(name)["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        node_role_mapping.add(name, role, kind)
    else:
        access_entry.keep_unless_there(name, role, kind)


def dismiss(name, role):
    """Take a role's access away, unless other managed nodes use it."""
    mode = cluster_of(name)["accessConfig"]["authenticationMode"]
    if SETTINGS["entries_stay"] or role in roles(name):
        return
    if mode != "CONFIG_MAP":
        access_entry.drop(name, role)
    if mode != "API":
        node_role_mapping.remove(name, role)


def create_group(name, body):
    answer = eks._create_nodegroup(name, body)
    if answer[0] == 200:
        group = eks._nodegroups[f"{name}/{body['nodegroupName']}"]
        admit(name, group["nodeRole"], kind_of(group))
    return answer


def delete_group(name, group_name):
    group = eks._nodegroups.get(f"{name}/{group_name}")
    answer = eks._delete_nodegroup(name, group_name)
    if answer[0] == 200:
        dismiss(name, group["nodeRole"])
    return answer


def list_groups(name, query):
    cluster_of(name)
    names, token = page.cut(query, [group["nodegroupName"] for group in of_cluster(eks._nodegroups, name)])
    return done(page.body("nodegroups", names, token))


def create_profile(name, body):
    cluster = cluster_of(name)
    key = f"{name}/{body['fargateProfileName']}"
    if key in PROFILES:
        raise in_use(f"Fargate Profile already exists with name {body['fargateProfileName']}")
    prefix = cluster["arn"].rsplit(":", 1)[0]
    PROFILES[key] = {
        "fargateProfileName": body["fargateProfileName"], "clusterName": name, "createdAt": eks._now(), "status": "ACTIVE",
        "fargateProfileArn": f"{prefix}:fargateprofile/{key}/{secrets.token_hex(4)}", "tags": body.get("tags", {}),
        "podExecutionRoleArn": body["podExecutionRoleArn"], "subnets": body.get("subnets", []),
        "selectors": body.get("selectors", []),
    }
    admit(name, body["podExecutionRoleArn"], "FARGATE_LINUX")
    return done({"fargateProfile": {**PROFILES[key], "status": "CREATING"}})


def profile(name, profile_name):
    cluster_of(name)
    found = PROFILES.get(f"{name}/{profile_name}")
    if found is None:
        raise not_found(f"No Fargate Profile found with name: {profile_name}.")
    return found


def describe_profile(name, profile_name):
    return done({"fargateProfile": profile(name, profile_name)})


def list_profiles(name, query):
    cluster_of(name)
    names, token = page.cut(query, [one["fargateProfileName"] for one in of_cluster(PROFILES, name)])
    return done(page.body("fargateProfileNames", names, token))


def delete_profile(name, profile_name):
    found = profile(name, profile_name)
    PROFILES.pop(f"{name}/{profile_name}")
    dismiss(name, found["podExecutionRoleArn"])
    return done({"fargateProfile": {**found, "status": "DELETING"}})
