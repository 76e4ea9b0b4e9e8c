"""IAM principals as EKS takes them: an ARN of a role or user that exists, and the unique id behind it."""

import datetime
import re
import time
from dataclasses import dataclass

from ministack.services import iam

# How long other services do not see a new principal; a story may set it.
SETTINGS = {"seconds": 0.0}
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

    def stored(self):
        """What IAM keeps of the principal, or None where there is none of this ARN."""
        found = (iam._roles if self.is_role else iam._users).get_scoped(self.account, None, self.name)
        return found if found is not None and found["Arn"] == self.arn else None

    def unique_id(self):
        """The id that IAM gave the principal (AROA…, AIDA…), or None where there is none of this ARN."""
        found = self.stored()
        return found and found["RoleId" if self.is_role else "UserId"]

    def is_known_to_others(self):
        """IAM user guide, "Changes that I make are not always immediately visible": whether other services see it already."""
        found = self.stored()
        if found is None:
            return False
        made = datetime.datetime.fromisoformat(found["CreateDate"].replace("Z", "+00:00"))
        return time.time() - made.timestamp() >= SETTINGS["seconds"]


def as_stored(arn):
    """The principal with the path that IAM has for it, which a session's ARN does not tell; None where it is no principal."""
    whom = parse(arn)
    known = (iam._roles if whom.is_role else iam._users).get_scoped(whom.account, None, whom.name) if whom else None
    return parse(known["Arn"]) if known else whom


def parse(arn):
    """The parts of `arn`, or None where it is neither a role's nor a user's."""
    found = ARN.fullmatch(arn)
    return Principal(arn, **found.groupdict()) if found else None
