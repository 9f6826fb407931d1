# SPDX-License-Identifier: BSD-3-Clause
"""The deliberate differences that conversations meet, in the words of docs/compatibility.md."""
from conformance.player.compare import Difference

WRONG_TYPE = "A body of a wrong type is 400 with a sentence"
NAMES = "Users' and groups' names may not hold"
LITERAL_FILTER = "`name_filter` is taken literally"
VISIBLE_TOTAL = "`total` counts what the caller may see"
NO_AUTH_STATE = "`auth_state` is not written by `PATCH`"
GROUP_SHARES = "A token may use what is shared with its owner's groups"
OWN_RIGHTS = "A service gets no more through the API than the caller's token may do"
NO_OTHER_PROXY = "There is no `PATCH /proxy`"
OWN_PAGES = "Pages are Berth's own"
OTHER_METHODS = "A method that a page does not have is 405"
NOT_ASKED_IN_VAIN = "Nobody is asked again for consent to what they cannot grant"
STRICT_XSRF = "XSRF is stricter"
SESSION_ENDS = "a copied cookie dies with the sign-out"
ODD_NEXT = "A `next` with a backslash"
KEPT_ESCAPES = "`/hub/user-redirect` keeps what is percent-encoded"
HEAD_TOO = "`HEAD` is answered as `GET` is"
POST_TO_STOPPED = "A POST to a stopped server's `/user/...` is 424"
RUNS_ALREADY = "The spawn form of a server that is there leads to it"
WHOLE_PROGRESS = "Progress is told from the start's beginning"


def refused(reason, status=400):
    """An error where JupyterHub succeeds, or breaks down with 500."""
    return Difference(reason, status=status, json={"status": status, "message": "<text>"})


def otherwise(reason, **to):
    return Difference(reason, **to)
