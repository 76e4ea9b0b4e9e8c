"""EKS clusters of the bed: each name is backed by a real kube-apiserver or by a closed port.

A cluster made through the EKS API takes the backing that was registered for its
name. Its issuer is the API server's own the first time; a cluster made again
under the same name gets another issuer, as on EKS.
"""

import json
import re
import secrets
import threading
import time

from ministack.services import eks

CLOSED_PORT = "https://127.0.0.1:9"
MODES = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]
ACCESS_POLICIES = [
    "AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
]
BACKINGS = {}
NEW_STATUS = {}
UPDATES = {}


def install():
    """Take over the emulator's cluster creation and its missing routes."""
    eks._get_docker = lambda: None
    eks._create_cluster = creating(eks._create_cluster)
    eks._handle_request_sync = routed(eks._handle_request_sync)


def register(name, endpoint, authority, issuer, kubernetes):
    """Say what stands behind clusters called `name`."""
    BACKINGS[name] = {"endpoint": endpoint, "ca": authority, "issuer": issuer, "kubernetes": kubernetes}


def reach(name, endpoint, authority):
    """Give the clusters that exist under `name` another endpoint and certificate authority."""
    for (_, _, known), cluster in eks._clusters.to_dict().items():
        if known == name:
            cluster["endpoint"], cluster["certificateAuthority"] = endpoint, {"data": authority}


def forget():
    """Drop every cluster and what was said about new ones; the backings stay and may serve a first cluster again."""
    eks._clusters._data.clear()
    eks._access_entries._data.clear()
    eks._access_policies._data.clear()
    NEW_STATUS.clear()
    UPDATES.clear()
    for backing in BACKINGS.values():
        backing.pop("used", None)


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
        return eks._json_resp(200, {"cluster": eks._sanitize({**eks._clusters[name], "status": "CREATING"})})
    return create


def creation_fault(body):
    if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", body.get("name", "")):
        return eks._error(400, "InvalidParameterException", "The cluster name is invalid.")
    mode = body.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP")
    if mode not in MODES:
        return eks._error(400, "InvalidParameterException", f"authenticationMode must be one of {MODES}")
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


def routed(original):
    """The emulator's routes and ours: config updates, access policies, the mode's rule, what a new cluster hides."""
    def route(method, path, headers, body, query):
        given = json.loads(body) if body else {}
        if method == "GET" and path == "/access-policies":
            return access_policies()
        if found := re.fullmatch(r"/clusters/([^/]+)/update-config", path):
            return update_config(found.group(1), given)
        if found := re.fullmatch(r"/clusters/([^/]+)/updates/([^/]+)", path):
            return describe_update(found.group(2))
        if found := re.fullmatch(r"/clusters/([^/]+)/access-entries.*", path):
            cluster = eks._clusters.get(found.group(1))
            if cluster and cluster["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
                return eks._error(400, "InvalidRequestException",
                                  "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
                                  "to perform this operation.")
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


def access_policies():
    listed = [{"name": name, "arn": f"arn:aws:eks::aws:cluster-access-policy/{name}"} for name in ACCESS_POLICIES]
    return eks._json_resp(200, {"accessPolicies": listed})


def update_config(name, given):
    cluster = eks._clusters.get(name)
    if cluster is None:
        return eks._error(404, "ResourceNotFoundException", f"No cluster found for name: {name}.")
    wanted = given.get("accessConfig", {}).get("authenticationMode")
    if wanted not in MODES:
        return eks._error(400, "InvalidParameterException", "No changes needed for the logging config provided")
    now = cluster["accessConfig"]["authenticationMode"]
    if wanted == now:
        return eks._error(400, "InvalidRequestException", f"Unsupported authentication mode update from {now} to {wanted}")
    if MODES.index(wanted) != MODES.index(now) + 1:
        return eks._error(400, "InvalidParameterException",
                          f"Unsupported authentication mode update from {now} to {wanted}")
    cluster["accessConfig"]["authenticationMode"] = wanted
    update = {"id": secrets.token_hex(16), "status": "InProgress", "type": "AccessConfigUpdate", "errors": [],
              "params": [{"type": "AuthenticationMode", "value": f'"{wanted}"'}], "createdAt": int(time.time())}
    UPDATES[update["id"]] = {**update, "status": "Successful"}
    return eks._json_resp(200, {"update": update})


def describe_update(identifier):
    update = UPDATES.get(identifier)
    if update is None:
        return eks._error(404, "ResourceNotFoundException", f"No update found for ID: {identifier}")
    return eks._json_resp(200, {"update": update})
