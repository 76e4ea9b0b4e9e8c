"""What stands behind the clusters of a name: a control plane of the bed, or nothing.

A control plane serves one cluster at a time: the first of its name that exists.
"""

from ministack.services import eks

BACKINGS = {}


def register(name, wanted):
    """Say what stands behind clusters called `name`: endpoint, ca, issuer, kubernetes, folder, mounted."""
    BACKINGS[name] = wanted


def place(name):
    """(account, region, name) of the cluster that the control plane of that name serves, or None."""
    known = BACKINGS.get(name)
    if known is None:
        return None
    if known.get("place") not in eks._clusters._data:
        known["place"] = next((key for key in eks._clusters._data if key[2] == name), None)
    return known["place"]
