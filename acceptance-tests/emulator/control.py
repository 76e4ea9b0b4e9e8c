"""The bed's own endpoints, `/_bed/…`: JSON in, JSON out.

Stories make identities and clusters, ask what was requested and order faults here.
"""

import asyncio
import base64
import copy
import json
import pathlib
import secrets

from ministack.core import responses
from ministack.services import eks, iam

import access_control
import access_propagation
import authentication_mode
import backing
import certificates
import clusters
import iam_role
import kubernetes
import managed_nodes
from http_server import Response

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

STORES = [iam._roles, iam._oidc_providers, iam._policies, iam._instance_profiles, eks._clusters, eks._access_entries,
          eks._access_policies, eks._pod_identity_associations, eks._tags, eks._nodegroups, managed_nodes.PROFILES]


class Control(access_control.AccessControl):
    """Answers `/_bed/<name>` with the method of that name."""

    def __init__(self, folder, faults, log):
        self.folder, self.faults, self.log = folder, faults, log
        self.remembered = {}
        self.serve = None

    async def answer(self, request):
        name = request.path.removeprefix("/_bed/").replace("-", "_")
        method = getattr(self, f"do_{name}", None)
        if method is None:
            return reply(404, {"error": f"no endpoint {request.path}"})
        try:
            return reply(200, await method(json.loads(request.body or b"{}")))
        except Exception as fault:  # noqa: BLE001, whatever it is, the story shall read it
            return reply(500, {"error": f"{type(fault).__name__}: {fault}"})

    async def do_health(self, _):
        return {"ready": True}

    async def do_log(self, _):
        return self.log.lines

    async def do_reset_log(self, _):
        self.log.clear()
        return {}

    async def do_fault(self, wanted):
        self.faults.add(wanted)
        return {}

    async def do_faults(self, _):
        return self.faults.describe()

    async def do_release(self, _):
        self.faults.release()
        return {}

    async def do_clear_faults(self, _):
        self.faults.clear()
        return {}

    async def do_quota(self, wanted):
        iam_role.QUOTAS.update(iam_role.DEFAULT_QUOTAS, **wanted)
        return {}

    async def do_user(self, wanted):
        """A user with a new access key; `policy` is a document and all the user may do, else the user may do everything."""
        responses.set_request_account_id(wanted["account"])
        name, path = wanted["name"], wanted.get("path", "/")
        if name not in iam._users:
            iam._create_user({"UserName": [name], "Path": [path]})
        if iam._users[name]["Path"] != path:
            raise ValueError(f"the user {name} has the path {iam._users[name]['Path']} and not {path}")
        if "policy" in wanted:
            await self.do_policy(wanted)
        else:
            iam._attach_user_policy({"UserName": [name], "PolicyArn": [ADMINISTRATOR]})
        iam._create_access_key({"UserName": [name]})
        key = next(reversed([one for one in iam._access_keys.values() if one["UserName"] == name]))
        return {"arn": iam._users[name]["Arn"], "access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}

    async def do_policy(self, wanted):
        """From now on `policy` is all that a user may do."""
        responses.set_request_account_id(wanted["account"])
        iam._users[wanted["name"]]["AttachedPolicies"] = []
        iam._user_inline_policies.pop(wanted["name"], None)
        # IAM takes no policy without a statement; whoever may do nothing has none.
        if wanted["policy"]["Statement"]:
            status, _, text = iam._put_user_policy({"UserName": [wanted["name"]], "PolicyName": ["allowed"],
                                                    "PolicyDocument": [json.dumps(wanted["policy"])]})
            if status != 200:
                raise RuntimeError(text.decode())
        return {}

    async def do_role(self, wanted):
        """A role; `trust` is a document, else anyone of the account may assume it."""
        responses.set_request_account_id(wanted["account"])
        trust = wanted.get("trust") or statement({"AWS": f"arn:aws:iam::{wanted['account']}:root"}, "sts:AssumeRole")
        status, _, text = iam._IAM_HANDLERS["CreateRole"]({
            "RoleName": [wanted["name"]], "Path": [wanted.get("path", "/")],
            "AssumeRolePolicyDocument": [json.dumps(trust)]})
        if status != 200:
            raise RuntimeError(text.decode())
        if wanted.get("administrator"):
            iam._attach_role_policy({"RoleName": [wanted["name"]], "PolicyArn": [ADMINISTRATOR]})
        return {"arn": iam._roles[wanted["name"]]["Arn"]}

    async def do_remember(self, wanted):
        """Keep what IAM and EKS have, under a name."""
        self.remembered[wanted["name"]] = copy.deepcopy([store._data for store in STORES])
        return {}

    async def do_recall(self, wanted):
        """IAM and EKS have again what they had when they were remembered."""
        for store, data in zip(STORES, copy.deepcopy(self.remembered[wanted["name"]]), strict=True):
            store._data.clear()
            store._data.update(data)
        access_propagation.note()
        return {}

    async def do_reset(self, _):
        """Forget faults, quotas, requests, users but the bed's own, roles, policies, OIDC providers, and clusters."""
        self.faults.clear()
        self.log.clear()
        self.remembered.clear()
        iam_role.QUOTAS.update(iam_role.DEFAULT_QUOTAS)
        forget_users()
        for store in (iam._roles, iam._policies, iam._oidc_providers, iam._instance_profiles):
            store._data.clear()
        clusters.forget()
        return {}

    async def do_token_review(self, wanted):
        """What the emulator's own token webhook says: it knows access entries and no aws-auth."""
        account, region, cluster = eks._cluster_for_auth(wanted["cluster"])
        secret = cluster.setdefault("_auth_token", secrets.token_urlsafe(32))
        path = f"/_ministack/eks-auth/{account}/{region}/{wanted['cluster']}/{secret}"
        review = json.dumps({"spec": {"token": wanted["token"]}}).encode()
        status, _, text = eks._handle_request_sync("POST", path, {}, review, {})
        return {"status": status, "body": json.loads(text)}

    async def do_backing(self, wanted):
        """What stands behind clusters of a name: an API server, the issuer of its first cluster, the authenticator's folder."""
        server = kubernetes.Kubernetes(wanted["endpoint"], self.folder / "ca.crt", self.folder / "administrator.crt",
                                       self.folder / "administrator.key")
        backing.register(wanted["name"], {
            "endpoint": wanted["endpoint"], "ca": self.authority("ca.crt"), "issuer": wanted["issuer"], "kubernetes": server,
            "folder": pathlib.Path(wanted["authenticator"]), "mounted": wanted["creator"]})
        access_propagation.note()
        return {}

    async def do_reach(self, wanted):
        """Another endpoint or certificate authority for a cluster, until the next reset."""
        endpoint = wanted["endpoint"]
        if wanted.get("under_faults"):
            server = backing.BACKINGS[wanted["name"]]["kubernetes"]
            tls = certificates.server_context(self.folder)
            port = await kubernetes.listen_under_faults(server, self.faults, self.log, tls)
            endpoint = f"https://127.0.0.1:{port}"
        clusters.reach(wanted["name"], endpoint, self.authority(wanted.get("authority", "ca.crt")))
        return {}

    def authority(self, file):
        return base64.b64encode((self.folder / file).read_bytes()).decode()

    async def do_cluster(self, wanted):
        """Make a cluster, or set fields of one that exists."""
        set_place(wanted)
        name = wanted["name"]
        if name not in eks._clusters:
            if "eks-cluster" not in iam._roles:
                await self.do_role({"account": wanted["account"], "name": "eks-cluster",
                                    "trust": statement({"Service": "eks.amazonaws.com"}, "sts:AssumeRole")})
            body = {"name": name, "version": "1.34", "roleArn": f"arn:aws:iam::{wanted['account']}:role/eks-cluster",
                    "resourcesVpcConfig": {}, "accessConfig": wanted.get("accessConfig", {})}
            status, _, text = eks._create_cluster(body, wanted.get("creator"))
            if status != 200:
                raise RuntimeError(text.decode())
        cluster = eks._clusters[name]
        if "status" in wanted:
            cluster["status"] = wanted["status"]
        if "creator" in wanted:
            authentication_mode.name_creator(cluster, wanted["creator"], backing.BACKINGS.get(name, {}).get("mounted"))
        if "mounted" in wanted:
            cluster["_mounted"] = wanted["mounted"]
        if "aws_auth_first" in wanted:
            cluster["_aws_auth_first"] = wanted["aws_auth_first"]
        if "mode" in wanted:
            authentication_mode.change(cluster, wanted["mode"])
        if "issuer" in wanted:
            cluster["identity"] = {"oidc": {"issuer": wanted["issuer"]}}
        access_propagation.note()
        return eks._sanitize(cluster)

    async def do_delete_cluster(self, wanted):
        set_place(wanted)
        eks._delete_cluster(wanted["name"])
        access_propagation.note()
        return {}

    async def do_new_status(self, wanted):
        """The status in which clusters of a name come into being."""
        clusters.NEW_STATUS[wanted["name"]] = wanted["status"]
        return {}

    async def do_kubernetes(self, wanted):
        """One request to the API server behind a cluster's name, as its administrator or as the bearer of a token."""
        server = backing.BACKINGS[wanted["name"]]["kubernetes"]
        body = json.dumps(wanted["body"]).encode() if "body" in wanted else b""
        headers = [("content-type", wanted.get("content_type", "application/json")), ("user-agent", "bed")]
        if "token" in wanted:
            headers.append(("authorization", f"Bearer {wanted['token']}"))
        context = server.trust if "token" in wanted else None
        status, _, text = await asyncio.to_thread(server.send, wanted["method"], wanted["path"], body, headers, context)
        try:
            answered = json.loads(text)
        except ValueError:
            answered = text.decode("utf-8", "replace")
        return {"status": status, "body": answered}


def forget_users():
    """Drop the users that stories made, with their keys and policies: another story may want one of that name in another path."""
    kept = {known["mounted"] for known in backing.BACKINGS.values()}
    users = {key: user for key, user in iam._users._data.items() if user["Arn"] in kept}
    for store in (iam._users, iam._user_inline_policies):
        store._data = {key: value for key, value in store._data.items() if key in users}
    iam._access_keys._data = {(account, key): value for (account, key), value in iam._access_keys._data.items()
                              if (account, value["UserName"]) in users}


def statement(principal, action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}]}


def set_place(wanted):
    responses.set_request_account_id(wanted["account"])
    responses.set_request_region(wanted["region"])


def reply(status, body):
    return Response(status, [("content-type", "application/json")], json.dumps(body).encode())
