"""Names of models whose AWS resources would have the name of another resource."""

from collections.abc import Iterable

RESERVED_NAMES = frozenset(
    {
        # functions, by their names in AWS
        "start-analysis",
        "plan",
        "profile",
        "detect",
        "notify-failure",
        "gate",
        "release",
        "reconcile",
        "registry",
        "describe-challenger",
        # other resources of an environment
        "data",
        "shared",
        "model",
        "fleet",
        "analysis",
        "notifications",
        "dead-letter-queue",
        "analysis-executions-failed",
        "analysis-executions-timed-out",
    }
)
"""A model's resources are called ``driftloop-<environment>-<model>``; these names are taken."""

ALARM_SUFFIX_PAIRS = {"prediction": ("prediction-drift", "drift")}
"""Names of two models that end like the names of two alarms: ``a-prediction`` has the alarm
``a-prediction-drift`` of the kind ``drift``, and ``a`` has one of the same name of the kind
``prediction-drift``."""


def resource_part(model: str) -> str:
    """The model's part of its resources' names: IAM compares names with case, SageMaker without."""
    return model.replace("_", "-").lower()


def find_name_conflicts(models: Iterable[str]) -> list[str]:
    """One message per model whose resources would have the name of another resource."""
    problems: list[str] = []
    owners: dict[str, str] = {}
    for model in models:
        part = resource_part(model)
        if part in RESERVED_NAMES:
            problems.append(
                f"a model can't be called {model!r}: driftloop has a resource of its own with that"
                " name; use another name"
            )
        twin = owners.setdefault(part, model)
        if twin != model:
            problems.append(f"models {twin!r} and {model!r} would have the same resource names")
    for part, model in owners.items():
        for suffix, kinds in ALARM_SUFFIX_PAIRS.items():
            longer = owners.get(f"{part}-{suffix}")
            if longer is not None:
                problems.append(
                    f"models {model!r} and {longer!r} would have the same alarm"
                    f" {part}-{kinds[0]}; rename one of them"
                )
    return problems
