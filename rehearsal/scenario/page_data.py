"""What the page's plots show; the reports of the windows are copied beside it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.scenario.scenario_context import ScenarioContext

Window = dict[str, Any]


def windows(stage: ScenarioContext, folder: Path) -> list[Window]:
    """One entry per judged window; its report page lies under ``folder/reports``."""
    told = [entry.detail for entry in stage.timeline if entry.event == "analysis.completed"]
    return [_window(stage, detail, folder) for detail in told]


def evaluations(stage: ScenarioContext) -> list[dict[str, Any]]:
    """Champion against challenger."""
    return [asdict(evaluation) for evaluation in stage.evaluations]


def checks(stage: ScenarioContext) -> list[dict[str, Any]]:
    """Every claim of every chapter."""
    return [asdict(check) for check in stage.expectations.checks]


def _window(stage: ScenarioContext, detail: dict[str, Any], folder: Path) -> Window:
    place = detail["report"]
    report = stage.account.read_json(place["bucket"], place["key"])
    effects = [feature["effect_size"] or 0.0 for feature in report["features"].values()]
    records = report["counts"]
    return {
        "start": detail["window"]["start"],
        "version": detail["version"],
        "verdict": detail["verdict"],
        "effect": max(effects, default=0.0),
        "used": records["records"],
        "rejected": sum(records["lines_rejected"].values()),
        "report": _copy_page(stage, place["bucket"], place["key"], folder),
    }


def _copy_page(stage: ScenarioContext, bucket: str, key: str, folder: Path) -> str | None:
    page = key.removesuffix("json") + "html"
    try:
        body = stage.account.client("s3").get_object(Bucket=bucket, Key=page)["Body"].read()
    except ClientError:
        return None
    target = folder / page
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(body)
    return page
