"""IAM's OIDC providers: the operations the emulator lacks, and its answers mended.

Rules from the IAM API reference: one provider per URL and account, `Url` comes back
without its scheme, a thumbprint is filled in where none was given, adding, removing
and deleting what is so already succeeds.
"""

import re

from ministack.services import iam

from iam_answer import done, error, invalid, members, no_such_entity, tag_members, value

FETCHED_THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
MOST_CLIENT_IDS = 100
MOST_TAGS = 50


def install():
    """Put our operations into the emulator's table."""
    iam._IAM_HANDLERS.update({
        "CreateOpenIDConnectProvider": create,
        "GetOpenIDConnectProvider": read,
        "DeleteOpenIDConnectProvider": delete,
        "AddClientIDToOpenIDConnectProvider": add_client_id,
        "RemoveClientIDFromOpenIDConnectProvider": remove_client_id,
        "UpdateOpenIDConnectProviderThumbprint": update_thumbprint,
        "TagOpenIDConnectProvider": tag,
        "UntagOpenIDConnectProvider": untag,
        "ListOpenIDConnectProviderTags": list_tags,
    })


def create(params):
    url, client_ids, thumbprints = value(params, "Url"), members(params, "ClientIDList"), members(params, "ThumbprintList")
    host = url.removeprefix("https://").rstrip("/")
    if not url.startswith("https://") or not re.fullmatch(r"[A-Za-z0-9.-]+(/[^?#]*)?", host) or len(url) > 255:
        return error(400, "InvalidInput", "Invalid Open ID Connect Provider URL")
    refused = thumbprint_fault(thumbprints) or client_id_fault(client_ids) or tags_fault(iam._extract_tags(params))
    if refused:
        return refused
    arn = f"arn:aws:iam::{iam.get_account_id()}:oidc-provider/{host}"
    if arn in iam._oidc_providers:
        return error(409, "EntityAlreadyExists", f"Provider with url {url} already exists.")
    iam._oidc_providers[arn] = {
        "Url": host,
        "ClientIDList": list(dict.fromkeys(client_ids)),
        "ThumbprintList": thumbprints or [FETCHED_THUMBPRINT],
        "Arn": arn,
        "CreateDate": iam._now(),
        "Tags": iam._extract_tags(params),
    }
    tags = tag_members(iam._oidc_providers[arn]["Tags"])
    return done("CreateOpenIDConnectProvider",
                f"<OpenIDConnectProviderArn>{arn}</OpenIDConnectProviderArn><Tags>{tags}</Tags>")


def client_id_fault(client_ids):
    if len(client_ids) > MOST_CLIENT_IDS:
        return error(409, "LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENT_IDS}")
    wrong = next((one for one in client_ids if not 1 <= len(one) <= 255), None)
    if wrong is not None:
        return invalid("clientIDList", wrong, "Member must have length between 1 and 255")
    return None


def thumbprint_fault(thumbprints):
    if len(thumbprints) > 5:
        return invalid("thumbprintList", thumbprints, "Member must have length less than or equal to 5")
    wrong = next((one for one in thumbprints if not re.fullmatch(r"[0-9A-Fa-f]{40}", one)), None)
    if wrong is not None:
        return invalid("thumbprintList", wrong, "Member must have length equal to 40")
    return None


def tags_fault(tags):
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) < len(keys):
        return error(400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if len(tags) > MOST_TAGS:
        return error(409, "LimitExceeded", f"Cannot exceed quota for TagsPerOpenIdConnectProvider: {MOST_TAGS}")
    return None


def found(params):
    """(provider, None), or (None, the answer to an ARN that names none)."""
    arn = value(params, "OpenIDConnectProviderArn")
    if not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:oidc-provider/.+", arn):
        return None, error(400, "InvalidInput", f"Invalid ARN: {arn}")
    provider = iam._oidc_providers.get(arn)
    if provider is None:
        return None, no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return provider, None


def read(params):
    provider, missing = found(params)
    if missing:
        return missing
    clients = "".join(f"<member>{one}</member>" for one in provider["ClientIDList"])
    thumbprints = "".join(f"<member>{one}</member>" for one in provider["ThumbprintList"])
    return done("GetOpenIDConnectProvider",
                f"<Url>{provider['Url']}</Url><ClientIDList>{clients}</ClientIDList>"
                f"<ThumbprintList>{thumbprints}</ThumbprintList><CreateDate>{provider['CreateDate']}</CreateDate>"
                f"<Tags>{tag_members(provider['Tags'])}</Tags>")


def delete(params):
    iam._oidc_providers.pop(value(params, "OpenIDConnectProviderArn"), None)
    return done("DeleteOpenIDConnectProvider")


def add_client_id(params):
    provider, missing = found(params)
    if missing:
        return missing
    client_id = value(params, "ClientID")
    if client_id in provider["ClientIDList"]:
        return done("AddClientIDToOpenIDConnectProvider")
    refused = client_id_fault(provider["ClientIDList"] + [client_id])
    if refused:
        return refused
    provider["ClientIDList"].append(client_id)
    return done("AddClientIDToOpenIDConnectProvider")


def remove_client_id(params):
    provider, missing = found(params)
    if missing:
        return missing
    provider["ClientIDList"] = [one for one in provider["ClientIDList"] if one != value(params, "ClientID")]
    return done("RemoveClientIDFromOpenIDConnectProvider")


def update_thumbprint(params):
    provider, missing = found(params)
    if missing:
        return missing
    thumbprints = members(params, "ThumbprintList")
    if not thumbprints:
        return error(400, "InvalidInput", "Thumbprint list must contain at least one entry.")
    refused = thumbprint_fault(thumbprints)
    if refused:
        return refused
    provider["ThumbprintList"] = thumbprints
    return done("UpdateOpenIDConnectProviderThumbprint")


def tag(params):
    provider, missing = found(params)
    if missing:
        return missing
    wanted = {one["Key"]: one for one in provider["Tags"] + iam._extract_tags(params)}
    refused = tags_fault(list(wanted.values()))
    if refused:
        return refused
    provider["Tags"] = list(wanted.values())
    return done("TagOpenIDConnectProvider")


def untag(params):
    provider, missing = found(params)
    if missing:
        return missing
    gone = iam._extract_tag_keys(params)
    provider["Tags"] = [one for one in provider["Tags"] if one["Key"] not in gone]
    return done("UntagOpenIDConnectProvider")


def list_tags(params):
    provider, missing = found(params)
    if missing:
        return missing
    return done("ListOpenIDConnectProviderTags",
                f"<Tags>{tag_members(provider['Tags'])}</Tags><IsTruncated>false</IsTruncated>")
