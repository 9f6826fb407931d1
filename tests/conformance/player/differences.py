# SPDX-License-Identifier: BSD-3-Clause
"""The deliberate differences that conversations meet, in the words of docs/compatibility.md."""
from conformance.player.compare import Difference

WRONG_TYPE = "A body of a wrong type is 400 with a sentence"
NAMES = "Users' and groups' names may not hold"
LITERAL_FILTER = "`name_filter` is taken literally"
VISIBLE_TOTAL = "`total` counts what the caller may see"
NO_AUTH_STATE = "`auth_state` is not written by `PATCH`"
GROUP_SHARES = "A token may use what is shared with its owner's groups"
NO_NEW_SERVICES = "services added through the API (`POST /services/NAME`)"
NO_OTHER_PROXY = "There is no `PATCH /proxy`"
OWN_PAGES = "Pages are Berth's own"
WHOLE_PROGRESS = "Progress is told from the start's beginning"


def refused(reason, status=400):
    """An error where JupyterHub succeeds, or breaks down with 500."""
    return Difference(reason, status=status, json={"status": status, "message": "<text>"})


def otherwise(reason, **to):
    return Difference(reason, **to)
