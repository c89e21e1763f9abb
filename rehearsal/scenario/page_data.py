"""The data of the page's plots. The windows' report pages are copied to the page's folder."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

Window = dict[str, Any]


def collect_windows(context: ScenarioContext) -> list[Window]:
    """Return one entry per analyzed window of the scenario's model, and copy its report page."""
    analyses = context.details(TimelineEvent.ANALYSIS_COMPLETED, model=context.model)
    return [_collect_window(context, analysis) for analysis in analyses]


def collect_evaluations(context: ScenarioContext) -> list[dict[str, Any]]:
    """Return the evaluations of challengers against champions."""
    return [asdict(evaluation) for evaluation in context.evaluations]


def collect_checks(context: ScenarioContext) -> list[dict[str, Any]]:
    """Return the checks of all chapters."""
    return [asdict(check) for check in context.expectations.checks]


def _collect_window(context: ScenarioContext, analysis: Mapping[str, Any]) -> Window:
    bucket, key = analysis["report"]["bucket"], analysis["report"]["key"]
    report = context.account.read_report(bucket, key)
    effect_sizes = [feature.effect_size or 0.0 for feature in report.features.values()]
    return {
        "start": analysis["window"]["start"],
        "version": analysis["version"],
        "verdict": analysis["verdict"],
        "effect_size": max(effect_sizes, default=0.0),
        "records": report.counts.records,
        "lines_rejected": report.counts.rejected,
        "report": _copy_report_page(context, bucket, key),
    }


def _copy_report_page(context: ScenarioContext, bucket: str, report_key: str) -> str | None:
    page_key = report_key.removesuffix("json") + "html"
    try:
        content = context.account.read(bucket, page_key)
    except ClientError:
        return None
    target = context.folder / page_key
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return page_key
