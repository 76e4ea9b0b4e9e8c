"""Bearer tokens as `aws eks get-token` makes them, each never shown before.

kube-apiserver remembers an accepted token for ten seconds, and two tokens signed by the same keys in one second are the same
bytes unless X-Amz-Expires differs; so it does, from 1 to 900.
"""

import base64
import itertools

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

EXPIRES = itertools.cycle(range(1, 901))


def fresh(cluster, region, access_key, secret_key, session_token=None):
    """A token for the cluster name, signed by these keys."""
    request = AWSRequest("GET", f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
                         headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(Credentials(access_key, secret_key, session_token), "sts", region, expires=next(EXPIRES)).add_auth(request)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")
