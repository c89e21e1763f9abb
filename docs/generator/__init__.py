"""The reference pages, made from the code that they describe: `python -m docs.generator`."""

from collections.abc import Callable, Mapping

from docs.generator import (
    alarms,
    api,
    cli,
    configuration,
    contracts,
    costs,
    drift_metrics,
    glossary,
    metrics,
    permissions,
    reasons,
    report_schema,
    scores,
    stacks,
)

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/configuration.md": configuration.page,
    "docs/drift-metrics.md": drift_metrics.page,
    "docs/scores.md": scores.page,
    "docs/metrics.md": metrics.page,
    "docs/alarms.md": alarms.page,
    "docs/reasons.md": reasons.page,
    "docs/api.md": api.page,
    "docs/cli.md": cli.page,
    "docs/contracts.md": contracts.page,
    "docs/costs.md": costs.page,
    "docs/glossary.md": glossary.page,
    "docs/stacks.md": stacks.page,
    "docs/permissions.md": permissions.page,
    "docs/report.schema.json": report_schema.page,
}
"""Each page's path and what makes its text."""
