"""How our IAM operations read parameters and spell answers."""

from xml.sax.saxutils import escape

from ministack.services import iam


def value(params, name, default=""):
    """One parameter of a request."""
    return iam._p(params, name, default)


def members(params, name):
    """The values of `name.member.1`, `name.member.2`, …"""
    found = []
    while (item := value(params, f"{name}.member.{len(found) + 1}", None)) is not None:
        found.append(item)
    return found


def error(status, code, message):
    """An IAM error."""
    return iam._error(status, code, escape(message))


def no_such_entity(what):
    return error(404, "NoSuchEntity", what)


def invalid(field, given, constraint):
    """IAM's answer to a parameter that breaks a constraint of the API model."""
    return error(400, "ValidationError", f"1 validation error detected: Value '{given}' at '{field}' failed to satisfy "
                                         f"constraint: {constraint}")


def done(action, inner=""):
    """A successful answer; `inner` is the content of the action's result element."""
    result = f"<{action}Result>{inner}</{action}Result>" if inner else ""
    return iam._xml(200, f"{action}Response", result)


def tag_members(tags):
    """The tags of an object as XML."""
    return "".join(f"<member><Key>{escape(t['Key'])}</Key><Value>{escape(t['Value'])}</Value></member>" for t in tags)


def page(params, names):
    """(names of this page, XML that closes it) of a list that is asked for with Marker and MaxItems."""
    marker, size = value(params, "Marker"), int(value(params, "MaxItems") or 100)
    rest = [name for name in sorted(names) if name > marker]
    if len(rest) <= size:
        return rest, "<IsTruncated>false</IsTruncated>"
    return rest[:size], f"<IsTruncated>true</IsTruncated><Marker>{escape(rest[size - 1])}</Marker>"
