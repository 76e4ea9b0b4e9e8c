"""Tags of access entries and pod identity associations, whose records hold them; the others are the emulator's own.

Source: the API models of TagResource, UntagResource and ListTagsForResource. ListTagsForResource is not for these two (service
authorization reference: its resource types), their Describe operations show the tags.
"""

from ministack.services import eks

from eks_answer import Refused, done, invalid

MOST = 50
KINDS = {"access-entry": (eks._access_entries, "accessEntryArn"),
         "podidentityassociation": (eks._pod_identity_associations, "associationArn")}


def serve(method, arn, given, query):
    """The answer to a request about the tags of `arn`, or None where the emulator answers."""
    kind = arn.rpartition(":")[2].partition("/")[0]
    if kind not in KINDS or method not in ("POST", "DELETE"):
        return None
    store, field = KINDS[kind]
    key = next((key for key, record in store.items() if record[field] == arn), None)
    if key is None:
        raise Refused(404, "NotFoundException", f"No resource found for ARN: {arn}.")
    old = store[key].get("tags") or {}
    unwanted = query.get("tagKeys", [])
    unwanted = [unwanted] if isinstance(unwanted, str) else unwanted
    new = {**old, **given.get("tags", {})} if method == "POST" else {one: old[one] for one in old if one not in unwanted}
    reason = fault(new)
    if reason:
        raise Refused(400, "BadRequestException", reason)
    store[key] = {**store[key], "tags": new}
    return done({})


def fault(tags):
    """API: what a resource's tags may not be, or None; the texts are ours."""
    if len(tags) > MOST:
        return f"A resource can have at most {MOST} tags."
    for name, text in tags.items():
        if not 1 <= len(name) <= 128 or len(text) > 256:
            return f"The key of the tag {name} has more than 128 characters or none, or its value more than 256."
        if name.lower().startswith("aws:"):
            return f"The key of the tag {name} begins with aws:, which is reserved."
    return None


def check(body):
    """Refuse a new object with tags that it may not have."""
    reason = fault(body.get("tags") or {})
    if reason:
        raise invalid(reason)
