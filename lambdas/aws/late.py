"""Where late records are kept: plan, which drops such profiles, and judge agree here."""

from typing import Any

from driftloop.contract import keys


def late_profile_key(item: dict[str, Any]) -> str:
    """Place of a late batch's profile: beside its window's, named by the run that found it."""
    found_by = item["output"].split("/")[2]
    identity = f"{found_by}-{item['batch']:05d}"
    return keys.late_profile(item["model"], item["version"], item["label"], identity)
