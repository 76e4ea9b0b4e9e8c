"""Which AWS operation a request asks for: service, action and a short subject.

IAM and STS name the action in the query or form; EKS and EKS Auth are told by method and path.
"""

import re
from urllib.parse import parse_qsl, unquote

NAME = r"([A-Za-z0-9_-]+)"
EKS_ROUTES = [
    ("POST", rf"/clusters/{NAME}/update-config", "UpdateClusterConfig"),
    ("GET", rf"/clusters/{NAME}/updates/[^/]+", "DescribeUpdate"),
    ("GET", rf"/clusters/{NAME}/updates", "ListUpdates"),
    ("POST", rf"/clusters/{NAME}/access-entries/.+/access-policies", "AssociateAccessPolicy"),
    ("GET", rf"/clusters/{NAME}/access-entries/.+/access-policies", "ListAssociatedAccessPolicies"),
    ("DELETE", rf"/clusters/{NAME}/access-entries/.+/access-policies/.+", "DisassociateAccessPolicy"),
    ("POST", rf"/clusters/{NAME}/access-entries", "CreateAccessEntry"),
    ("GET", rf"/clusters/{NAME}/access-entries", "ListAccessEntries"),
    ("GET", rf"/clusters/{NAME}/access-entries/.+", "DescribeAccessEntry"),
    ("POST", rf"/clusters/{NAME}/access-entries/.+", "UpdateAccessEntry"),
    ("DELETE", rf"/clusters/{NAME}/access-entries/.+", "DeleteAccessEntry"),
    ("POST", rf"/clusters/{NAME}/node-groups", "CreateNodegroup"),
    ("GET", rf"/clusters/{NAME}/node-groups", "ListNodegroups"),
    ("GET", rf"/clusters/{NAME}/node-groups/[^/]+", "DescribeNodegroup"),
    ("DELETE", rf"/clusters/{NAME}/node-groups/[^/]+", "DeleteNodegroup"),
    ("POST", rf"/clusters/{NAME}/fargate-profiles", "CreateFargateProfile"),
    ("GET", rf"/clusters/{NAME}/fargate-profiles", "ListFargateProfiles"),
    ("GET", rf"/clusters/{NAME}/fargate-profiles/[^/]+", "DescribeFargateProfile"),
    ("DELETE", rf"/clusters/{NAME}/fargate-profiles/[^/]+", "DeleteFargateProfile"),
    ("POST", rf"/clusters/{NAME}/pod-identity-associations", "CreatePodIdentityAssociation"),
    ("GET", rf"/clusters/{NAME}/pod-identity-associations", "ListPodIdentityAssociations"),
    ("GET", rf"/clusters/{NAME}/pod-identity-associations/.+", "DescribePodIdentityAssociation"),
    ("POST", rf"/clusters/{NAME}/pod-identity-associations/.+", "UpdatePodIdentityAssociation"),
    ("DELETE", rf"/clusters/{NAME}/pod-identity-associations/.+", "DeletePodIdentityAssociation"),
    ("GET", r"/access-policies", "ListAccessPolicies"),
    ("POST", r"/clusters", "CreateCluster"),
    ("GET", r"/clusters", "ListClusters"),
    ("GET", rf"/clusters/{NAME}", "DescribeCluster"),
    ("DELETE", rf"/clusters/{NAME}", "DeleteCluster"),
    ("GET", r"/tags/(.+)", "ListTagsForResource"),
    ("POST", r"/tags/(.+)", "TagResource"),
    ("DELETE", r"/tags/(.+)", "UntagResource"),
]
EKS_AUTH_ROUTE = rf"/clusters/{NAME}/assume-role-for-pod-identity"
# The services whose requests name their action are told apart by the API's version.
SERVICES = {"2011-06-15": "sts", "2016-11-15": "ec2"}
SUBJECTS = ("RoleName", "OpenIDConnectProviderArn", "Url", "RoleArn", "PolicyArn", "UserName", "PolicyName")


def parameters(request):
    """The query's and the form's parameters; the last of a name wins."""
    found = dict(parse_qsl(request.query, keep_blank_values=True))
    if request.header("content-type").startswith("application/x-www-form-urlencoded"):
        found.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return found


def identify(request):
    """(service, action, subject) of an AWS request; the action is empty where it is not known."""
    given = parameters(request)
    action = given.get("Action", "")
    if action:
        service = SERVICES.get(given.get("Version"), "iam")
        return service, action, next((given[name] for name in SUBJECTS if name in given), "")
    path = request.path.rstrip("/")
    pods = re.fullmatch(EKS_AUTH_ROUTE, path)
    if pods:
        return "eks-auth", "AssumeRoleForPodIdentity", pods.group(1)
    for method, route, action in EKS_ROUTES:
        matched = request.method == method and re.fullmatch(route, path)
        if matched:
            return "eks", action, unquote(matched.group(1)) if matched.groups() else ""
    return "eks", "", path
