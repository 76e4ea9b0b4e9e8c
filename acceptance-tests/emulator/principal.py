"""IAM principals as EKS takes them: an ARN of a role or user that exists, and the unique id behind it."""

import re
from dataclasses import dataclass

from ministack.services import iam

ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):(?P<kind>role|user)/(?P<path>(?:.+/)?)(?P<name>[^/]+)")


@dataclass(frozen=True)
class Principal:
    """The parts of a role's or user's ARN."""

    arn: str
    partition: str
    account: str
    kind: str
    path: str
    name: str

    @property
    def is_role(self):
        return self.kind == "role"

    @property
    def is_service_linked(self):
        return self.is_role and self.path.startswith("aws-service-role/")

    @property
    def canonical(self):
        """The ARN that authenticators compare: a role without its path, a user with it."""
        path = "" if self.is_role else self.path
        return f"arn:{self.partition}:iam::{self.account}:{self.kind}/{path}{self.name}"

    def unique_id(self):
        """The id that IAM gave the principal (AROA…, AIDA…), or None where there is none of this ARN."""
        stored = (iam._roles if self.is_role else iam._users).get_scoped(self.account, None, self.name)
        if stored is None or stored["Arn"] != self.arn:
            return None
        return stored["RoleId" if self.is_role else "UserId"]


def as_stored(arn):
    """The principal with the path that IAM has for it, which a session's ARN does not tell; None where it is no principal."""
    whom = parse(arn)
    known = (iam._roles if whom.is_role else iam._users).get_scoped(whom.account, None, whom.name) if whom else None
    return parse(known["Arn"]) if known else whom


def parse(arn):
    """The parts of `arn`, or None where it is neither a role's nor a user's."""
    found = ARN.fullmatch(arn)
    return Principal(arn, **found.groupdict()) if found else None
