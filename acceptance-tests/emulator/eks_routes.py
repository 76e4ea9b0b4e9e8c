"""Which of our operations an EKS request asks for; the others are the emulator's own.

The longest path of a method comes first: a principal's ARN has slashes of its own.
"""

import json
import re

from ministack.services import eks

import access_entry
import access_policy
import access_propagation
import authentication_mode
import managed_nodes
import page
import pass_role
import pod_identity
import request_token
import tags
from eks_answer import Refused, done

C = r"/clusters/([^/]+)"
E = rf"{C}/access-entries"
P = rf"{C}/pod-identity-associations"
GET_ALL, GET, POST, DELETE = "LIST", "GET", "POST", "DELETE"
# (method, path, operation): a POST is given the body, a LIST the query, besides the parts of the path.
ROUTES = [(method, re.compile(path), operation) for method, path, operation in [
    (GET_ALL, r"/access-policies", access_policy.list_all),
    (POST, rf"{E}/(.+?)/access-policies", access_policy.associate),
    (GET_ALL, rf"{E}/(.+?)/access-policies", access_policy.list_associated),
    (DELETE, rf"{E}/(.+?)/access-policies/(.+)", access_policy.disassociate),
    (POST, E, access_entry.create),
    (GET_ALL, E, access_entry.list_all),
    (GET, rf"{E}/(.+)", access_entry.describe),
    (POST, rf"{E}/(.+)", access_entry.update),
    (DELETE, rf"{E}/(.+)", access_entry.delete),
    (POST, rf"{C}/update-config", authentication_mode.update_config),
    (GET, rf"{C}/updates/([^/]+)", authentication_mode.describe_update),
    (GET_ALL, rf"{C}/updates", authentication_mode.list_updates),
    (POST, rf"{C}/node-groups", managed_nodes.create_group),
    (GET_ALL, rf"{C}/node-groups", managed_nodes.list_groups),
    (DELETE, rf"{C}/node-groups/([^/]+)", managed_nodes.delete_group),
    (POST, rf"{C}/fargate-profiles", managed_nodes.create_profile),
    (GET_ALL, rf"{C}/fargate-profiles", managed_nodes.list_profiles),
    (GET, rf"{C}/fargate-profiles/([^/]+)", managed_nodes.describe_profile),
    (DELETE, rf"{C}/fargate-profiles/([^/]+)", managed_nodes.delete_profile),
    (POST, P, pod_identity.create),
    (GET_ALL, P, pod_identity.list_all),
    (GET, rf"{P}/([^/]+)", pod_identity.describe),
    (POST, rf"{P}/([^/]+)", pod_identity.update),
    (DELETE, rf"{P}/([^/]+)", pod_identity.delete),
]]
# Lists of the emulator that are only paged: the path, the list's name, and by what an item is told apart.
PAGED = [(re.compile(path), name, identity) for path, name, identity in [
    (r"/clusters", "clusters", str),
]]


def routed(original):
    """The emulator's request handler with our routes before its own."""
    def route(method, path, headers, body, query):
        pass_role.CALLER.set(eks.extract_access_key_id(headers, query))
        try:
            answer = serve(original, method, path, headers, body, query)
        except Refused as refused:
            return refused.answer()
        if method != GET:
            access_propagation.note()
        return answer
    return route


def serve(original, method, path, headers, body, query):
    given = json.loads(body) if body else {}
    asked = {name: value[0] if isinstance(value, list) else value for name, value in query.items()}
    for wanted, pattern, operation in ROUTES:
        found = pattern.fullmatch(path) if wanted.replace(GET_ALL, GET) == method else None
        if found and method == POST:
            return request_token.once(path, given, lambda: operation(*found.groups(), given))
        if found:
            return operation(*found.groups(), *([asked] if wanted == GET_ALL else []))
    if path.startswith("/tags/") and (answer := tags.serve(method, path.removeprefix("/tags/"), given, query)):
        return answer
    for pattern, name, identity in PAGED if method == GET else []:
        if pattern.fullmatch(path):
            return paged(original(method, path, headers, body, {**query, "maxResults": "1000000"}), asked, name, identity)
    return original(method, path, headers, body, query)


def paged(answer, query, name, identity):
    """One page of a list that the emulator gave whole."""
    if answer[0] != 200:
        return answer
    items = {identity(item): item for item in json.loads(answer[2])[name]}
    names, token = page.cut(query, items)
    return done(page.body(name, [items[one] for one in names], token))


def install():
    eks._handle_request_sync = routed(eks._handle_request_sync)
