"""AssumeRoleWithWebIdentity, judged: signature, issuer, provider, audience, trust policy.

The keys are fetched from the API server that signed the token. The order of the
checks and the error codes are those of STS.
"""

import asyncio
import json
import re
import time
from urllib.parse import parse_qs

import jwt
from ministack.services import iam, sts

from clusters import BACKINGS
from iam_answer import value

ACTION = "sts:AssumeRoleWithWebIdentity"
NOT_AUTHORIZED = f"Not authorized to perform {ACTION}"


class Refused(Exception):
    """A refusal: (HTTP status, code, message)."""


def install(handlers):
    """Judge the token before the emulator opens a session for it."""
    original = handlers["sts"]

    async def handle(method, path, headers, body, query):
        params = form(query, body)
        if value(params, "Action") != "AssumeRoleWithWebIdentity":
            return await original(method, path, headers, body, query)
        try:
            claims, provider = await asyncio.to_thread(judge, value(params, "RoleArn"), value(params, "WebIdentityToken"))
        except Refused as refusal:
            status, code, message = refusal.args
            return iam._error(status, code, message, ns="sts")
        status, answered, text = await original(method, path, headers, body, query)
        return status, answered, with_subject(text.decode(), claims, provider).encode()

    handlers["sts"] = handle
    sts._web_identity_trust_denied = lambda *_: None


def form(query, body):
    return {**query, **parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)}


def with_subject(text, claims, provider):
    """The emulator's answer with the token's own subject, audience and provider."""
    audience = claims["aud"] if isinstance(claims["aud"], str) else claims["aud"][0]
    for element, content in (("SubjectFromWebIdentityToken", claims["sub"]), ("Audience", audience), ("Provider", provider)):
        text = re.sub(rf"<{element}>[^<]*</{element}>", f"<{element}>{content}</{element}>", text)
    return text


def judge(role_arn, token):
    """(claims, provider ARN) of a token that may have the role; raises Refused."""
    claims = verified(token)
    host = claims["iss"].removeprefix("https://")
    partition, account = role_arn.split(":")[1], role_arn.split(":")[4]
    arn = f"arn:{partition}:iam::{account}:oidc-provider/{host}"
    provider = iam._oidc_providers.get_scoped(account, None, arn)
    if provider is None:
        raise Refused(400, "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {claims['iss']}")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not set(audiences) & set(provider["ClientIDList"]):
        raise Refused(400, "InvalidIdentityToken", "Incorrect token audience")
    role = iam._roles.get_scoped(account, None, role_arn.rsplit("/", 1)[-1])
    if role is None or role["Arn"] != role_arn or not trusted(role["AssumeRolePolicyDocument"], arn, host, claims, audiences):
        raise Refused(403, "AccessDenied", NOT_AUTHORIZED)
    return claims, arn


def verified(token):
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss", "")
        identifier = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError as fault:
        raise Refused(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT") from fault
    backing = next((one for one in BACKINGS.values() if one["issuer"] == issuer and one["kubernetes"]), None)
    if backing is None:
        raise Refused(400, "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    keys = backing["kubernetes"].get("/openid/v1/jwks")["keys"]
    key = next((one for one in keys if one["kid"] == identifier), None)
    if key is None:
        raise Refused(400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider")
    try:
        return jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256", "ES256"],
                          options={"verify_aud": False, "require": ["iss", "sub", "aud", "exp"]})
    except jwt.ExpiredSignatureError as fault:
        raise Refused(400, "ExpiredTokenException", f"Token expired: current date/time {int(time.time())} must be before "
                                                    "the expiration date/time") from fault
    except jwt.InvalidTokenError as fault:
        raise Refused(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT, or its signature is wrong") from fault


def trusted(document, provider, host, claims, audiences):
    """Whether a trust policy lets the token in: some Allow matches and no Deny does."""
    keys = {f"{host}:sub".lower(): [claims["sub"]], f"{host}:aud".lower(): audiences}
    statements = json.loads(document)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    matching = [one["Effect"] for one in statements
                if names(one.get("Principal"), provider) and acts(one) and met(one.get("Condition", {}), keys)]
    return "Allow" in matching and "Deny" not in matching


def listed(given):
    return given if isinstance(given, list) else [given]


def names(principal, provider):
    return isinstance(principal, dict) and provider in listed(principal.get("Federated", []))


def acts(statement):
    if "NotAction" in statement:
        return not any(like(ACTION.lower(), one.lower()) for one in listed(statement["NotAction"]))
    return any(like(ACTION.lower(), one.lower()) for one in listed(statement.get("Action", [])))


def like(text, pattern):
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), text, re.DOTALL) is not None


def met(conditions, keys):
    """Whether every condition holds; of several values of a key, one is enough unless the operator says otherwise."""
    for operator, wanted in conditions.items():
        for key, values in wanted.items():
            if not holds(operator, keys.get(key.lower()), [str(one) for one in listed(values)]):
                return False
    return True


def holds(operator, actual, values):
    operator = operator.split(":", 1)[-1]
    optional = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    if operator == "Null":
        return (actual is None) == (values[0].lower() == "true")
    negated = "Not" in operator
    if actual is None:
        return optional or negated
    tests = {
        "StringEquals": lambda a, v: a == v,
        "StringEqualsIgnoreCase": lambda a, v: a.lower() == v.lower(),
        "StringLike": like,
    }
    test = tests.get(operator.replace("Not", ""))
    if test is None:
        return False
    return negated != any(test(a, v) for a in actual for v in values)
