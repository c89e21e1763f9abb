"""Which endpoint configs of past releases can go: all but the current and the previous one."""

from collections.abc import Iterable


def unused_configs(released: Iterable[str], keep: Iterable[str | None]) -> list[str]:
    """Names among ``released`` that nothing in ``keep`` names, in the order given, once each."""
    kept = set(keep)
    return [name for name in dict.fromkeys(released) if name not in kept]
