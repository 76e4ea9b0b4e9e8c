"""Tags of access entries and pod identity associations, whose records hold them; the others are the emulator's own.

Source: the API models of TagResource, UntagResource and ListTagsForResource. ListTagsForResource is not for these two (service
authorization reference: its resource types), their Describe operations show the tags.
"""

from ministack.services import eks

from eks_answer import done, not_found

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
        raise not_found(f"No resource found for ARN: {arn}.")
    old = store[key].get("tags") or {}
    unwanted = query.get("tagKeys", [])
    unwanted = [unwanted] if isinstance(unwanted, str) else unwanted
    new = {**old, **given.get("tags", {})} if method == "POST" else {one: old[one] for one in old if one not in unwanted}
    store[key] = {**store[key], "tags": new}
    return done({})
