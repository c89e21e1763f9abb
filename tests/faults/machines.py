"""How many sequences the state machines play."""

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
