"""How our EKS operations answer: JSON, or a refusal with EKS's code.

A refusal whose text the real service is known to give says where it was seen; the other texts are ours.
"""

from ministack.services import eks


class Refused(Exception):
    """Raised by an operation: EKS refuses the request."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def answer(self):
        return eks._error(self.status, self.code, self.message)


def invalid(message):
    """A parameter that is wrong in itself."""
    return Refused(400, "InvalidParameterException", message)


def not_possible(message):
    """A request that the cluster's state does not allow."""
    return Refused(400, "InvalidRequestException", message)


def not_found(message):
    return Refused(404, "ResourceNotFoundException", message)


def in_use(message):
    return Refused(409, "ResourceInUseException", message)


def limit_exceeded(message):
    return Refused(400, "ResourceLimitExceededException", message)


def done(body):
    """A successful answer."""
    return eks._json_resp(200, body)


def shown(record):
    """A record without what only the bed knows of it."""
    return {name: value for name, value in record.items() if not name.startswith("_")}


def cluster_of(name):
    """The cluster of that name in the request's account and region."""
    cluster = eks._clusters.get(name)
    if cluster is None:
        raise not_found(f"No cluster found for name: {name}.")
    return cluster
