"""`clientRequestToken`: the same request again has the first one's answer and does nothing.

Source: the API model: "a unique, case-sensitive identifier that you provide to ensure the idempotency of the request". What EKS
says to another request under a used token is not published; the code is ours.
"""

from ministack.core.responses import get_account_id, get_region

from eks_answer import invalid

ANSWERS = {}


def once(path, body, work):
    """The answer of `work()`, or of the same request before, where it succeeded."""
    token = body.get("clientRequestToken")
    if not token:
        return work()
    key = (get_account_id(), get_region(), path, token)
    if key in ANSWERS:
        asked, answer = ANSWERS[key]
        if asked != body:
            raise invalid("The clientRequestToken was used in another request.")
        return answer
    answer = work()
    if answer[0] == 200:
        ANSWERS[key] = (body, answer)
    return answer
