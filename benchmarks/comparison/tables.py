"""The comparison as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from benchmarks.comparison.contestants import CONTENDERS, DRIFTLOOP, RECENT, Contender
from benchmarks.comparison.figures import HORIZONS, Decisions, shares
from docs.generator.markdown import table


class Result(NamedTuple):
    """What contenders decided on a series.

    Attributes:
        name: The series.
        changed: The columns that each fault changes.
        decisions: By contender.
        cpu: CPU seconds of a day, by contender.
        runs: Runs of which these are the median.
    """

    name: str
    changed: Mapping[str, list[str]]
    decisions: Mapping[Contender, Decisions]
    cpu: Mapping[Contender, float]
    runs: int

    def found(self, contender: Contender, fault: str) -> tuple[float, ...]:
        """Share of a fault's first days that are found by day 1, 3, 7."""
        return shares(self.decisions[contender].found(self.changed)[fault])

    def all_found(self, contender: Contender) -> tuple[float, ...]:
        """Share of all faults that is found by day 1, 3, 7: the mean of the faults' shares."""
        found = [self.found(contender, fault) for fault in self.changed]
        return tuple(sum(one) / len(found) for one in zip(*found, strict=True))


def overview(result: Result) -> str:
    """One row for each contender and setting."""
    head = ["", "quiet days flagged", "alarms a month"]
    head += [f"faults found by day {horizon}" for horizon in HORIZONS]
    head += ["CPU s of a day"]
    rows = []
    for contender in CONTENDERS:
        decisions = result.decisions[contender]
        rows.append(
            [
                contender.title,
                f"{decisions.flagged_share():.1%}",
                f"{decisions.alarms_per_month():.2g}",
                *(f"{share:.0%}" for share in result.all_found(contender)),
                f"{result.cpu[contender]:.1f}",
            ]
        )
    return table(head, rows)


def by_fault(result: Result) -> str:
    """One row for each fault; driftloop and the peers with a recent reference."""
    shown = [one for one in CONTENDERS if one.setting == RECENT or one.package == DRIFTLOOP]
    rows = [
        [fault, *(_percent(result.found(contender, fault)) for contender in shown)]
        for fault in result.changed
    ]
    return table(["fault", *(contender.name for contender in shown)], rows)


def where_peers_are_better(results: Sequence[Result]) -> str:
    """A list of every figure of a peer that is better than driftloop's."""
    lines = [line for result in results for line in _better(result)]
    return "\n".join(lines) + "\n" if lines else "None.\n"


def _better(result: Result) -> Iterator[str]:
    own, *peers = CONTENDERS
    for peer in peers:
        parts = []
        if result.decisions[peer].flagged_share() < result.decisions[own].flagged_share():
            parts.append("fewer quiet days flagged")
        if result.decisions[peer].alarms_per_month() < result.decisions[own].alarms_per_month():
            parts.append("fewer alarms a month")
        if result.cpu[peer] < result.cpu[own]:
            parts.append("less CPU")
        for fault in result.changed:
            theirs, ours = result.found(peer, fault), result.found(own, fault)
            if any(a > b for a, b in zip(theirs, ours, strict=True)):
                parts.append(f"{fault} ({_percent(theirs)}; driftloop {_percent(ours)})")
        if parts:
            yield f"- **{result.name}, {peer.title}**: {', '.join(parts)}."


def _percent(found: Sequence[float]) -> str:
    return ", ".join(f"{share:.0%}" for share in found)
