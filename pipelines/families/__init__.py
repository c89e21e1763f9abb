"""Model families: a new one is one folder and one row here."""

from pipelines.families import sklearn, xgboost
from pipelines.families.family import Family

FAMILIES: dict[str, Family] = {
    "sklearn": sklearn.FAMILY,
    "xgboost": xgboost.FAMILY,
}


def get_family(name: str) -> Family:
    """The family of that name; raises ValueError which lists the ones that exist."""
    if name not in FAMILIES:
        raise ValueError(f"family {name!r} does not exist: choose one of {', '.join(FAMILIES)}")
    return FAMILIES[name]
