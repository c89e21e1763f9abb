"""Model families: a new family is one folder and one row in ``FAMILIES``."""

from pipelines.families import sklearn, xgboost
from pipelines.families.family import Family

FAMILIES: dict[str, Family] = {
    "sklearn": sklearn.FAMILY,
    "xgboost": xgboost.FAMILY,
}


def get_family(name: str) -> Family:
    """The family with that name; raises ValueError with the names that exist."""
    if name not in FAMILIES:
        raise ValueError(f"family {name!r} does not exist: choose one of {', '.join(FAMILIES)}")
    return FAMILIES[name]
