"""What the state machines share: how many sequences they play, and how they read messages."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings


def machine_settings(*, examples: int, steps: int) -> settings:
    """The same few sequences in `make test`; many and longer ones with another profile."""
    profile = settings.get_current_profile_name()
    return settings(
        max_examples=examples if profile == "ci" else settings().max_examples,
        stateful_step_count=steps if profile == "ci" else 2 * steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )


def subjects_by_id(people: Any) -> dict[str, str]:
    """The subject of each notification by its deduplication ID, which no other one has."""
    subjects: dict[str, set[str]] = {}
    for subject, identity in zip(people.subjects, people.deduplication_ids, strict=True):
        subjects.setdefault(identity, set()).add(subject)
    assert all(len(found) == 1 for found in subjects.values())
    return {identity: found.pop() for identity, found in subjects.items()}
