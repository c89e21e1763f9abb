"""The hour-of-week profile of the first live weeks, after a person has accepted them."""

from datetime import timedelta
from typing import Any

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import VersionItem
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.hour_of_week import MIN_WEEKS, HourOfWeekProfile
from lambdas.aws.context import AnalysisContext

_PARTIAL_WINDOWS = 2
"""Windows beside the complete weeks: the one in which serving began, and the one in progress."""


def with_accepted_weeks(
    context: AnalysisContext, version: dict[str, Any], baseline: Baseline
) -> tuple[Baseline, list[str]]:
    """The baseline with the hour-of-week profile that was accepted for it, and notes on it.

    A baseline with a profile of its own keeps it. An accepted profile that can't be used does not
    stop the analysis: the window is analyzed without it, and a note says so.
    """
    if baseline.seasonality_bytes is not None:
        return baseline, []
    key = s3_keys.seasonality(context.name, version["version"])
    data = context.analysis_bucket.find(key)
    if data is None:
        is_offered = _has_complete_weeks(context, version)
        return baseline, [_offer(context, version)] if is_offered else []
    try:
        return baseline.with_seasonality(HourOfWeekProfile.from_bytes(data)), []
    except InputError as error:
        uri = f"s3://{context.analysis_bucket.name}/{key}"
        return baseline, [f"Analyzed without the accepted weeks, because {uri} is invalid: {error}"]


def _has_complete_weeks(context: AnalysisContext, version: dict[str, Any]) -> bool:
    """Whether the version has served as many complete weeks as an hour-of-week profile needs."""
    item = context.ledger.get(VersionItem, version["version"])
    if item is None or item.serving_from is None:
        return False
    length = context.window.end - context.window.start
    required = timedelta(weeks=MIN_WEEKS) + _PARTIAL_WINDOWS * length
    return context.window.end >= item.serving_from + required


def _offer(context: AnalysisContext, version: dict[str, Any]) -> str:
    number, bucket = version["version"], f"s3://{context.analysis_bucket.name}"
    return (
        f"{MIN_WEEKS} complete weeks of live traffic are stored. If they were without incidents,"
        " accept them as the reference of each hour of the week: `driftloop accept-weeks --config"
        f" driftloop.yaml --model {context.name} --version {number} --baseline"
        f" {version['baseline']}"
        f" --profiles {bucket}/{s3_keys.profiles(context.name, number)}"
        f" --out {bucket}/{s3_keys.seasonality(context.name, number)}` shows the weeks, and writes"
        " with --yes."
    )
