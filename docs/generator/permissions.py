"""docs/permissions.md, from the table of permissions that only documentation needs."""

from docs.generator.markdown import head, table
from rehearsal.permissions.documented import DOCUMENTED

_INTRO = """\
Each action of each statement of each policy is needed. The authorization requests of a rehearsal
and of the handler tests are evaluated again with the action taken away, and one of them is denied.
The rows below are what not every recording needs, or none: a page of AWS's documentation asks for
them.

`make permissions` prints the whole table for the templates of the last rehearsal: role or resource,
statement, action, and the request that is denied without it. `make renew-permissions` stores the
requests that this rehearsal and the handler tests make in `rehearsal/permissions/requests.jsonl`,
which the tests evaluate.
"""


def page() -> str:
    """Return the text of the page."""
    rows = [
        [
            ", ".join(f"`{holder}`" for holder in row.holders),
            f"`{row.sid}`",
            ", ".join(f"`{action}`" for action in row.actions),
            f"{row.reason} ([source]({row.source}))",
        ]
        for row in DOCUMENTED
    ]
    text = head("Permissions", "rehearsal/permissions/documented.py", _INTRO)
    return text + "\n" + table(["role or resource", "statement", "actions", "why"], rows)
