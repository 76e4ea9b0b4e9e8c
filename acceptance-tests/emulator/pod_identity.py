"""Pod identity associations: create, describe, list, update, delete.

Sources: UG is the EKS user guide, "Learn how EKS Pod Identity grants pods access to AWS services"; API is the API model of
CreatePodIdentityAssociation and UpdatePodIdentityAssociation; "seen" is an answer of the real service that a public thread quotes.
The records stand in the emulator's own store, are replaced and never changed. EKS does not look whether there is such a
namespace or service account, and whoever wants may update or delete an add-on's (UG, "IAM roles for Amazon EKS add-ons").
"""

import secrets
import string

from ministack.core.responses import get_account_id, get_region
from ministack.services import eks

import access_propagation
import page
import pod_identity_rules as rules
import tags
from eks_answer import cluster_of, done, in_use, invalid, limit_exceeded, not_found

# UG, "Amazon EKS service quotas": 5,000 in a cluster; the announcement had 1,000. A story may lower it.
SETTINGS = {"quota": 5000}
# Seen, eks-workshop-v2#882: an id has 19 characters, such as a-dt1bedfjc72dlwp5n.
ID_LENGTH, ID_ALPHABET = 17, string.ascii_lowercase + string.digits


def of_cluster(name):
    return [record for key, record in eks._pod_identity_associations.items() if key.startswith(f"{name}\x00")]


def stored(name, identifier):
    cluster_of(name)
    if len(identifier) != ID_LENGTH + 2:
        # Seen: eks-workshop-v2#882.
        raise invalid(f"The parameter associationId should be {ID_LENGTH + 2} characters long.")
    record = eks._pod_identity_associations.get(eks._pia_key(name, identifier))
    if record is None:
        raise not_found(f"No association found with the associationId {identifier}.")
    return record


def create(name, body):
    cluster = cluster_of(name)
    rules.check_subject(body)
    rules.check_settings(body)
    tags.check(body)
    rules.check_role(cluster, body["roleArn"], body.get("disableSessionTags"))
    known = find(name, body["namespace"], body["serviceAccount"]) or leaving(cluster, body)
    if known is not None:
        # Seen: crossplane-on-eks#168.
        raise in_use(f"Association already exists: {known['associationId']}")
    if len(of_cluster(name)) >= SETTINGS["quota"]:
        raise limit_exceeded(f"You have reached the limit of {SETTINGS['quota']} pod identity associations per cluster.")
    return done({"association": keep(cluster, body)})


def find(name, namespace, account):
    """The association of a service account, or None."""
    return next((one for one in of_cluster(name) if (one["namespace"], one["serviceAccount"]) == (namespace, account)), None)


def leaving(cluster, body):
    """The association that was deleted a moment ago and counts still, or None. Seen: aws-controllers-k8s/community#2684."""
    view = access_propagation.in_force(access_propagation.place_of(cluster))
    return view["associations"].get((body["namespace"], body["serviceAccount"]))


def keep(cluster, body):
    """Make an association; nothing is checked. `ownerArn` is an add-on's ARN, which only EKS itself sets."""
    name, now = cluster["name"], eks._now()
    identifier = "a-" + "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
    record = {
        "clusterName": name, "namespace": body["namespace"], "serviceAccount": body["serviceAccount"], "roleArn": body["roleArn"],
        "associationArn": f"{cluster['arn'].rsplit(':', 1)[0]}:podidentityassociation/{name}/{identifier}",
        "associationId": identifier, "tags": body.get("tags") or {}, "createdAt": now, "modifiedAt": now,
        "disableSessionTags": bool(body.get("disableSessionTags")),
    }
    record.update({one: body[one] for one in ("targetRoleArn", "policy", "ownerArn") if body.get(one)})
    return put(name, record)


def put(name, record):
    """Keep a record under its id, with the external id where it has a target role."""
    if "targetRoleArn" in record:
        # UG, "Access AWS Resources using EKS Pod Identity Target IAM Roles".
        record["externalId"] = "/".join((get_region(), get_account_id(), name, record["namespace"], record["serviceAccount"]))
    else:
        record.pop("externalId", None)
    eks._pod_identity_associations[eks._pia_key(name, record["associationId"])] = record
    return record


def describe(name, identifier):
    return done({"association": stored(name, identifier)})


def list_all(name, query):
    """API: the associations of a namespace, of a service account's name, or all, without their roles."""
    cluster_of(name)
    found = {one["associationId"]: one for one in of_cluster(name)
             if all(query.get(field) in (None, one[field]) for field in ("namespace", "serviceAccount"))}
    names, token = page.cut(query, found)
    fields = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")
    return done(page.body("associations", [{field: found[one][field] for field in fields if field in found[one]}
                                           for one in names], token))


def update(name, identifier, body):
    """API: role, target role, session tags and policy; what is not given stays.

    Seen, aws-controllers-k8s/eks-controller#164: an empty target role takes it off. For the policy this is not published; it is
    taken to be alike.
    """
    record = stored(name, identifier)
    given = {one: body[one] for one in ("roleArn", "targetRoleArn", "disableSessionTags", "policy") if body.get(one) is not None}
    changed = {field: value for field, value in {**record, **given}.items() if value != ""}
    rules.check_settings(changed)
    if "roleArn" in given:
        rules.check_role(cluster_of(name), given["roleArn"], changed["disableSessionTags"])
    return done({"association": put(name, {**changed, "modifiedAt": eks._now()})})


def delete(name, identifier):
    """API: the answer is the association that was."""
    record = stored(name, identifier)
    eks._pod_identity_associations.pop(eks._pia_key(name, identifier))
    return done({"association": record})
