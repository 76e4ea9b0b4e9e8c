"""The bed's endpoints about access: who has entries, how soon they count, nodes, and tokens never shown before."""

import json
import time
from urllib.parse import quote

import jwt
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from ministack.core import responses
from ministack.services import ec2, iam

import access_entry
import access_policy
import access_propagation
import authentication_mode
import backing
import eks_token
import managed_nodes
import page
import pod_identity
import principal
import role_session
from eks_answer import cluster_of
from http_server import Request


class AccessControl:
    """Answers `/_bed/<name>` with the method of that name; a part of `Control`, whose `serve` answers as the cloud does."""

    async def do_access_settings(self, wanted):
        """Until the next reset: `page_size`, `quota` of entries, `association_quota` of pods' roles, and whether `entries_stay` when
        managed nodes go."""
        if "page_size" in wanted:
            page.SETTINGS["size"] = wanted["page_size"]
        if "quota" in wanted:
            access_entry.SETTINGS["quota"] = wanted["quota"]
        if "association_quota" in wanted:
            pod_identity.SETTINGS["quota"] = wanted["association_quota"]
        if "entries_stay" in wanted:
            managed_nodes.SETTINGS["entries_stay"] = wanted["entries_stay"]
        return {}

    async def do_access_delay(self, wanted):
        """From now until it is settled changes of access take so many seconds: `in_force`, `listed`."""
        access_propagation.delay(wanted)
        return {}

    async def do_principal_delay(self, wanted):
        """From now until it is settled, or the next reset, other services than IAM know a new principal after so many `seconds`."""
        principal.SETTINGS["seconds"] = wanted["seconds"]
        return {}

    async def do_update_time(self, wanted):
        """From now until it is settled, or the next reset, updates of a cluster take so many `seconds`."""
        authentication_mode.SETTINGS["seconds"] = wanted["seconds"]
        return {}

    async def do_access_settle(self, _):
        """All updates are done, all changes of access count and are listed, and later ones at once."""
        authentication_mode.end_all()
        access_propagation.settle()
        return {}

    async def do_access_entries(self, wanted):
        """Many entries at once, each as CreateAccessEntry takes it and with `policies`; no rule is asked.

        A principal that is missing is made.
        """
        set_place(wanted)
        for body in wanted["entries"]:
            whom = principal.parse(body["principalArn"])
            if whom.unique_id() is None:
                make(whom)
            access_entry.keep(wanted["name"], whom, body.get("type", "STANDARD"), body)
            for policy in body.get("policies", []):
                access_policy.keep(wanted["name"], whom.arn, policy["policyArn"],
                                   {"namespaces": [], **policy["accessScope"]})
        access_propagation.note()
        return {}

    async def do_pod_identity_associations(self, wanted):
        """Many associations at once, each as CreatePodIdentityAssociation takes it and with `ownerArn`; no rule is asked.

        One of the same service account is taken away.
        """
        set_place(wanted)
        for one in wanted["associations"]:
            known = pod_identity.find(wanted["name"], one["namespace"], one["serviceAccount"])
            if known is not None:
                pod_identity.delete(wanted["name"], known["associationId"])
        made = [pod_identity.keep(cluster_of(wanted["name"]), one) for one in wanted["associations"]]
        access_propagation.note()
        return {"ids": [one["associationId"] for one in made]}

    async def do_expired_token(self, wanted):
        """A service account's token as its issuer would have signed it two hours ago."""
        claims = jwt.decode(wanted["token"], options={"verify_signature": False})
        claims.update({name: claims[name] - 7200 for name in ("iat", "nbf")}, exp=int(time.time()) - 60)
        key = (self.folder / "service_account.key").read_text()
        return {"token": jwt.encode(claims, key, "RS256", {"kid": jwt.get_unverified_header(wanted["token"])["kid"]})}

    async def do_principal_again(self, wanted):
        """Delete a role or user and make it again under the same ARN: it has another unique id then."""
        responses.set_request_account_id(wanted["account"])
        whom = principal.parse(wanted["arn"])
        record = (iam._roles if whom.is_role else iam._users)[whom.name]
        old = record["RoleId" if whom.is_role else "UserId"]
        record["RoleId" if whom.is_role else "UserId"] = iam._gen_id(old[:4])
        return {"before": old, "after": whom.unique_id()}

    async def do_in_force(self, wanted):
        """What the control plane of a cluster's name goes by."""
        return access_propagation.in_force(backing.place(wanted["name"]))

    async def do_instance(self, wanted):
        """A running EC2 instance."""
        set_place(wanted)
        made = ec2._launch_instances_internal("ami-00000000", "m5.large", ec2._DEFAULT_SUBNET_ID, 1)[0]
        return {"id": made["InstanceId"], "private_dns_name": made["PrivateDnsName"]}

    async def do_session(self, wanted):
        """The keys of a session of a role, without asking its trust policy."""
        return role_session.opened(principal.parse(wanted["role"]), wanted["session"], 3600)

    async def do_eks(self, wanted):
        """One request to EKS, signed by a user's or session's keys: (status, body)."""
        keys = Credentials(wanted["access_key"], wanted["secret_key"], wanted.get("session_token"))
        body = json.dumps(wanted["body"]).encode() if "body" in wanted else b""
        target = quote(wanted["path"], safe="/%?=&")
        signed = AWSRequest(wanted["method"], f"https://eks.{wanted['region']}.amazonaws.com{target}", data=body)
        SigV4Auth(keys, "eks", wanted["region"]).add_auth(signed)
        headers = [("host", f"eks.{wanted['region']}.amazonaws.com"), ("content-type", "application/json"),
                   *((name.lower(), text) for name, text in signed.headers.items())]
        response = await self.serve(Request(wanted["method"], target, headers, body))
        return {"status": response.status, "body": json.loads(response.body or b"{}")}

    async def do_token(self, wanted):
        """A bearer token for a cluster name that was never shown before."""
        return {"token": eks_token.fresh(**wanted)}


def make(whom):
    """Make a principal of IAM as it is, without rights."""
    responses.set_request_account_id(whom.account)
    if whom.is_role:
        iam._create_role({"RoleName": [whom.name], "Path": [f"/{whom.path}"], "AssumeRolePolicyDocument": ["{}"]})
    else:
        iam._create_user({"UserName": [whom.name], "Path": [f"/{whom.path}"]})


def set_place(wanted):
    responses.set_request_account_id(wanted["account"])
    responses.set_request_region(wanted["region"])
