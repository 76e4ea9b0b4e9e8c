"""EKS clusters of the bed: each name is backed by a real kube-apiserver or by a closed port.

A cluster made through the EKS API takes the backing that was registered for its
name. Its issuer is the API server's own the first time; a cluster made again
under the same name gets another issuer, as on EKS.
"""

import json
import re
import secrets
import threading

from ministack.services import eks

import access_entry
import access_propagation
import authentication_mode
import managed_nodes
import page
import pod_identity
import request_token
from backing import BACKINGS

CLOSED_PORT = "https://127.0.0.1:9"
NEW_STATUS = {}


def install():
    """Take over the emulator's cluster creation, and hide what a new cluster has not got yet."""
    eks._get_docker = lambda: None
    eks._bootstrap_creator_access_entry = lambda *_: None
    eks._create_cluster = creating(eks._create_cluster)
    eks._handle_request_sync = described(eks._handle_request_sync)


def reach(name, endpoint, authority):
    """Give the clusters that exist under `name` another endpoint and certificate authority."""
    for (_, _, known), cluster in eks._clusters.to_dict().items():
        if known == name:
            cluster["endpoint"], cluster["certificateAuthority"] = endpoint, {"data": authority}


def forget():
    """Drop every cluster and what a story set; the backings stay and may serve a first cluster again."""
    for store in (eks._clusters, eks._access_entries, eks._access_policies, eks._pod_identity_associations, eks._tags,
                  eks._nodegroups, managed_nodes.PROFILES):
        store._data.clear()
    for memory in (NEW_STATUS, authentication_mode.PENDING, authentication_mode.UPDATES, request_token.ANSWERS):
        memory.clear()
    authentication_mode.SETTINGS.update(seconds=0.0)
    access_entry.SETTINGS.update(quota=3000)
    pod_identity.SETTINGS.update(quota=5000)
    managed_nodes.SETTINGS.update(entries_stay=False)
    page.SETTINGS.update(size=page.MOST)
    for known in BACKINGS.values():
        known.pop("used", None)
    access_propagation.settle()


def creating(original):
    def create(body, creator_arn=None):
        refused = creation_fault(body)
        if refused:
            return refused
        answer = original(body, creator_arn)
        if answer[0] != 200:
            return answer
        name = body["name"]
        for thread in threading.enumerate():
            if thread.name == f"eks-{name}":
                thread.join()
        back(eks._clusters[name], body)
        authentication_mode.begin(eks._clusters[name], creator_arn, BACKINGS.get(name, {}).get("mounted"))
        return eks._json_resp(200, {"cluster": eks._sanitize({**eks._clusters[name], "status": "CREATING"})})
    return create


def creation_fault(body):
    if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", body.get("name", "")):
        return eks._error(400, "InvalidParameterException", "The cluster name is invalid.")
    access = body.get("accessConfig", {})
    mode = access.get("authenticationMode", "CONFIG_MAP")
    if mode not in authentication_mode.MODES:
        return eks._error(400, "InvalidParameterException", f"authenticationMode must be one of {authentication_mode.MODES}")
    if mode == "CONFIG_MAP" and access.get("bootstrapClusterCreatorAdminPermissions") is False:
        # Seen: terraform-aws-eks#3026.
        return eks._error(400, "InvalidParameterException", "bootstrapClusterCreatorAdminPermissions must be true if cluster "
                                                            "authentication mode is set to CONFIG_MAP")
    return None


def back(cluster, body):
    """Give a new cluster its endpoint, certificate authority, issuer, mode and status."""
    backing = BACKINGS.get(cluster["name"], {})
    region = cluster["arn"].split(":")[3]
    taken = {other["identity"]["oidc"]["issuer"] for other in eks._clusters.to_dict().values()}
    issuer = backing.get("issuer")
    if not issuer or issuer in taken or backing.get("used"):
        issuer = f"https://oidc.eks.{region}.amazonaws.com/id/{secrets.token_hex(16).upper()}"
    backing["used"] = True
    cluster["identity"] = {"oidc": {"issuer": issuer}}
    cluster["endpoint"] = backing.get("endpoint", CLOSED_PORT)
    cluster["certificateAuthority"] = {"data": backing.get("ca", "")}
    cluster["accessConfig"] = {"authenticationMode": "CONFIG_MAP", **body.get("accessConfig", {})}
    cluster["status"] = NEW_STATUS.get(cluster["name"], "ACTIVE")


def described(original):
    def route(method, path, headers, body, query):
        status, answered, text = original(method, path, headers, body, query)
        if method == "GET" and status == 200 and re.fullmatch(r"/clusters/[^/]+", path):
            text = hide_what_is_not_there_yet(text)
        return status, answered, text
    return route


def hide_what_is_not_there_yet(text):
    """A cluster that is being made has no endpoint, certificate authority or issuer."""
    described = json.loads(text)
    if described["cluster"]["status"] == "CREATING":
        for field in ("endpoint", "certificateAuthority", "identity"):
            described["cluster"].pop(field, None)
    return json.dumps(described).encode()
