"""Pages of EKS lists: at most 100 of a list, and a token that leads on.

Source: the API model of every List operation: `maxResults` is 1 to 100, 100 where it is not given; `nextToken` is opaque.
AWS may give less than was asked for, so a story may make the pages smaller.
"""

import base64
import binascii

from eks_answer import invalid

MOST = 100
SETTINGS = {"size": MOST}


def cut(query, names):
    """(this page's names, the token that leads on or None) of a list that is asked for with maxResults and nextToken."""
    rest = [name for name in sorted(names) if name > start(query.get("nextToken"))]
    size = min(wanted(query.get("maxResults")), SETTINGS["size"])
    if len(rest) <= size:
        return rest, None
    return rest[:size], base64.urlsafe_b64encode(f"after:{rest[size - 1]}".encode()).decode()


def body(name, items, token):
    """The answer's body: the list, and the token where one leads on."""
    return {name: items, "nextToken": token} if token else {name: items}


def wanted(given):
    if given is None:
        return MOST
    if not given.isdigit() or not 1 <= int(given) <= MOST:
        raise invalid(f"maxResults must be between 1 and {MOST}.")
    return int(given)


def start(token):
    """The name after which the page begins."""
    if not token:
        return ""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("after:"):
        raise invalid("The nextToken is invalid.")
    return text.removeprefix("after:")
