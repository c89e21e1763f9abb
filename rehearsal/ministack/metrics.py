"""Metrics that MiniStack's own services record, such as those of AWS/Lambda."""

from collections.abc import Callable, Mapping

from rehearsal.ministack.names import import_module


def on_recorded_metric(record: Callable[[str, str, float, str, Mapping[str, str]], None]) -> None:
    """Call ``record(namespace, name, value, unit, dimensions)`` for each data point."""

    def record_metric(
        namespace: str,
        name: str,
        value: float,
        unit: str = "None",
        dimensions: Mapping[str, str] | None = None,
    ) -> None:
        record(namespace, name, value, unit, dimensions or {})

    import_module("services.cloudwatch").record_metric = record_metric
