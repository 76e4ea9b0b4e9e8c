"""Sessions of roles that are opened here and not by STS's own AssumeRole."""

import secrets
import time

from ministack.services import sts


def opened(whom, name, seconds, tags=None, policy=None):
    """The keys of a new session of a role, with its tags and its session policy; no trust policy is asked."""
    arn = f"arn:{whom.partition}:sts::{whom.account}:assumed-role/{whom.name}/{name}"
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(120)
    expires = time.time() + seconds
    sts.register_session(key, {
        "Arn": arn, "UserId": f"{whom.unique_id()}:{name}", "SecretAccessKey": secret, "SessionToken": token,
        "Expiration": expires, "AccountId": whom.account, "PrincipalType": "AssumedRole",
        "SourceAccessKeyId": "", "SourcePrincipalArn": "",
        "SessionTags": [{"Key": one, "Value": text} for one, text in (tags or {}).items()],
        "SessionPolicies": {"Policy": policy, "PolicyArns": []} if policy else None})
    return {"arn": arn, "access_key": key, "secret_key": secret, "session_token": token, "expires": int(expires)}
