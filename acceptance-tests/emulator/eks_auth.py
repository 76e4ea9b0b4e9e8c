"""EKS Auth: AssumeRoleForPodIdentity, which gives a pod's token the credentials of its association's role.

Sources: UG is the EKS user guide, "Learn how EKS Pod Identity grants pods access to AWS services", with its pages "Create IAM role
with trust policy required by EKS Pod Identity", "Grant Pods access to AWS resources based on tags" and "Access AWS Resources
using EKS Pod Identity Target IAM Roles"; API is the API model of AssumeRoleForPodIdentity, which lists the codes. Texts without
a thread are ours.
"""

import asyncio
import datetime
import json
import re
import time
import uuid

import jwt
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.services import eks, iam

import access_propagation
import backing
import principal
import role_session
import role_trust
from eks_answer import Refused, cluster_of, done, invalid, not_found

PODS = "pods.eks.amazonaws.com"
ACTION = "eks-auth:AssumeRoleForPodIdentity"
ROUTE = re.compile(r"/clusters/([^/]+)/assume-role-for-pod-identity")
TOKEN = re.compile(r"[A-Za-z0-9\-_=]+\.[A-Za-z0-9\-_=]+\.[A-Za-z0-9\-_=]+")
# UG: how long credentials last without and with a target role.
SECONDS, SECONDS_OF_TARGET = 6 * 3600, 59 * 60


def install(handlers):
    """Serve EKS Auth, which the emulator does not know."""
    async def handle(method, path, headers, body, query):
        found = ROUTE.fullmatch(path)
        try:
            if method != "POST" or not found:
                raise Refused(400, "InvalidRequestException", f"No operation of EKS Auth at {method} {path}")
            caller = eks.extract_access_key_id(headers, query)
            given = json.loads(body)
            return done(await asyncio.to_thread(assume_role, found[1], caller, given.get("token", "")))
        except Refused as refused:
            return refused.answer()

    handlers["eks-auth"] = handle


def assume_role(name, caller, token):
    """What the pod with this token is given in the cluster of that name."""
    check_caller(name, caller)
    cluster = cluster_of(name)
    subject = reviewed(name, cluster, token)
    association = access_propagation.in_force(access_propagation.place_of(cluster))["associations"].get(
        (subject["namespace"], subject["account"]))
    if association is None:
        raise not_found(f"No pod identity association was found for the service account {subject['account']} in the namespace "
                        f"{subject['namespace']}.")
    session = session_of(cluster, association, subject)
    role_id = principal.parse(association.get("targetRoleArn") or association["roleArn"]).unique_id()
    return {
        "subject": {"namespace": subject["namespace"], "serviceAccount": subject["account"]}, "audience": PODS,
        "podIdentityAssociation": {one: association[one] for one in ("associationArn", "associationId")},
        "assumedRoleUser": {"arn": session["arn"], "assumeRoleId": f"{role_id}:{session['arn'].rsplit('/', 1)[-1]}"},
        "credentials": {"accessKeyId": session["access_key"], "secretAccessKey": session["secret_key"],
                        "sessionToken": session["session_token"], "expiration": session["expires"]},
    }


def check_caller(name, caller):
    """UG, "Set up the Amazon EKS Pod Identity Agent": the node's role needs this right, on the cluster."""
    region, account = get_region(), eks.get_account_id()
    arn = f"arn:aws:eks:{region}:{account}:cluster/{name}"
    denied = iam_evaluator.enforce(caller, ACTION, "eks-auth", region, arn)
    if denied is not None:
        text = iam_actions.identity_denial_message(ACTION, denied.principal_arn, arn, denied.decision == "Deny")
        raise Refused(400, "AccessDeniedException", text)


def reviewed(name, cluster, token):
    """The namespace, account and pod of a token that the cluster's own API server accepts for this audience.

    UG, "How EKS Pod Identity Agent works with a Pod": the token is a projected one for this audience, so it is bound to the pod it
    was made for. That EKS Auth refuses others is not published; API has no other value of `audience`.
    """
    if not TOKEN.fullmatch(token):
        raise invalid("The token must be a JSON web token.")
    server = (backing.BACKINGS.get(name) or {}).get("kubernetes")
    if server is None or backing.place(name) != access_propagation.place_of(cluster):
        raise refused_token("the cluster has no API server that issues tokens")
    review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                         "spec": {"token": token, "audiences": [PODS]}}).encode()
    _, _, text = server.send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review,
                             [("content-type", "application/json"), ("user-agent", "bed")])
    status = json.loads(text).get("status") or {}
    user = status.get("user") or {}
    prefix, _, subject = user.get("username", "").partition("system:serviceaccount:")
    if not status.get("authenticated") or prefix or not subject:
        raise expired(token) or refused_token(status.get("error") or "it is no service account's")
    extra = user.get("extra") or {}
    pod = {one: next(iter(extra.get(f"authentication.kubernetes.io/{one}") or []), "") for one in ("pod-name", "pod-uid")}
    if not pod["pod-name"]:
        raise refused_token("it is not bound to a pod")
    namespace, account = subject.split(":")
    return {"namespace": namespace, "account": account, **pod}


def expired(token):
    """API: a code of its own for a token whose time has passed. Seen: eks-pod-identity-agent#89."""
    try:
        until = jwt.decode(token, options={"verify_signature": False}).get("exp", 0)
    except jwt.InvalidTokenError:
        return None
    if until > time.time():
        return None
    text = f"current date/time {moment(time.time())} must be before the expiration date/time {moment(until)}."
    return Refused(400, "ExpiredTokenException", f"The token included in the request is expired: {text}")


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def refused_token(why):
    return Refused(400, "InvalidTokenException", f"The service account token is invalid: {why}.")


def not_allowed():
    # Seen: aws-controllers-k8s/community#2678; CloudTrail has the AssumeRole that was refused.
    return Refused(400, "AccessDeniedException",
                   "Unauthorized Exception! EKS does not have permissions to assume the associated role.")


def session_of(cluster, association, subject):
    """The keys of the association's role, or of its target role by way of it."""
    tags = {} if association["disableSessionTags"] else tags_of(cluster, subject)
    whom, target = principal.parse(association["roleArn"]), association.get("targetRoleArn")
    check_trust_of_service(cluster, whom, tags)
    # Seen in CloudTrail and in GetCallerIdentity: `eks-CLUSTER-POD-UUID`, which STS limits to 64 characters.
    session = f"eks-{cluster['name']}-{subject['pod-name']}"[:27] + f"-{uuid.uuid4()}"
    policy = association.get("policy")
    if not target:
        return role_session.opened(whom, session, SECONDS, tags, policy)
    check_chain(whom, principal.parse(target), tags, association["externalId"])
    # UG: a session policy restricts the target role, and not the one that assumes it.
    return role_session.opened(principal.parse(target), session, SECONDS_OF_TARGET, tags, policy)


def tags_of(cluster, subject):
    """UG, "List of session tags added by EKS Pod Identity"."""
    return {"eks-cluster-arn": cluster["arn"], "eks-cluster-name": cluster["name"],
            "kubernetes-namespace": subject["namespace"], "kubernetes-service-account": subject["account"],
            "kubernetes-pod-name": subject["pod-name"], "kubernetes-pod-uid": subject["pod-uid"]}


def actions(tags):
    """UG: sts:TagSession is for the session tags; a request without tags is none (IAM user guide, "Passing session tags")."""
    return ("sts:AssumeRole", "sts:TagSession") if tags else ("sts:AssumeRole",)


def check_trust_of_service(cluster, whom, tags):
    """UG: the role trusts the service; aws:SourceArn is the cluster's ARN and aws:SourceAccount its account.

    These two stand in "Cross-service confused deputy prevention" of the IAM user guide and in AWS's announcement of Pod Identity.
    """
    source = {"aws:sourcearn": cluster["arn"], "aws:sourceaccount": cluster["arn"].split(":")[4],
              "aws:principalservicename": PODS, "aws:principalisawsservice": "true"}
    trusted = role_trust.role(whom.arn)
    if trusted is None or not role_trust.allows(trusted["AssumeRolePolicyDocument"], actions(tags), role_trust.names_service(PODS),
                                                context("", "", whom, tags, source)):
        raise not_allowed()


def check_chain(whom, target, tags, external_id):
    """UG: the target trusts the role (aws:PrincipalArn, sts:ExternalId, the tags again), and the role may assume the target.

    IAM user guide, "Policy evaluation logic": in one account a trust that names the role itself is as good as a policy of the role.
    """
    keys = context(whom.arn, whom.account, target, tags, {"sts:externalid": external_id})
    trusted = role_trust.role(target.arn)
    if trusted is None or not role_trust.allows(trusted["AssumeRolePolicyDocument"], actions(tags), role_trust.names_role(whom),
                                                keys):
        raise not_allowed()
    for action in actions(tags):
        policies = iam_evaluator._gather_role_policies(whom.name, whom.account)
        if whom.account == target.account and role_trust.allows(
                trusted["AssumeRolePolicyDocument"], (action,), role_trust.names_role_itself(whom), keys):
            policies.append(iam_evaluator.parse_policy_document(
                {"Statement": {"Effect": "Allow", "Action": action, "Resource": target.arn}}))
        limits = iam_evaluator._permissions_boundary(iam._roles, whom.name, whom.account)
        if iam_evaluator.evaluate(keys(action), policies, *limits).decision != "Allow":
            raise not_allowed()


def context(arn, account, role, tags, keys):
    """What the conditions of a trust policy are judged by, for each action."""
    return lambda action: iam_evaluator.EvalContext(
        principal_arn=arn, principal_type="AssumedRole" if arn else "Service", principal_account=account, action=action,
        resource_arn=role.arn, region=get_region(), request_tags=tags, tag_keys=list(tags) or None, service_context=keys,
        principal_keys={f"aws:principaltag/{one}": text for one, text in tags.items()} if arn else {})
