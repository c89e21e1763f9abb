"""The first live weeks, once a person has accepted them as healthy: what is usual at which hour."""

from datetime import timedelta
from typing import Any

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import VersionItem
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.hour_of_week import MIN_WEEKS, HourOfWeekProfile
from lambdas.aws.context import AnalysisContext

_EDGES = 2
"""Windows beside the whole weeks: that in which the version went live, and one that is not over."""


def with_accepted_weeks(
    context: AnalysisContext, version: dict[str, Any], baseline: Baseline
) -> tuple[Baseline, list[str]]:
    """The baseline with the weeks that were accepted for it, and what the report has to say.

    A baseline with a rhythm of its own needs none. Weeks that can't be used must not stop the
    window: it is judged without them, and says so.
    """
    if baseline.seasonality_bytes is not None:
        return baseline, []
    key = s3_keys.seasonality(context.name, version["version"])
    data = context.analysis_bucket.find(key)
    if data is None:
        return baseline, _offer(context, version) if _may_be_accepted(context, version) else []
    try:
        return baseline.with_seasonality(HourOfWeekProfile.from_bytes(data)), []
    except InputError as error:
        place = f"s3://{context.analysis_bucket.name}/{key}"
        return baseline, [f"Judged without the accepted weeks, since {place} is unusable: {error}"]


def _may_be_accepted(context: AnalysisContext, version: dict[str, Any]) -> bool:
    """Whether the version has been live for as many whole weeks as are needed."""
    item = context.ledger.get(VersionItem, version["version"])
    if item is None or item.serving_from is None:
        return False
    length = context.window.end - context.window.start
    needed = timedelta(weeks=MIN_WEEKS) + _EDGES * length
    return context.window.end >= item.serving_from + needed


def _offer(context: AnalysisContext, version: dict[str, Any]) -> list[str]:
    number, bucket = version["version"], f"s3://{context.analysis_bucket.name}"
    return [
        f"{MIN_WEEKS} whole weeks of live traffic are kept. If they were healthy, a person may"
        " accept them as what is usual at each hour of the week: `driftloop accept --config"
        f" driftloop.yaml --model {context.name} --version {number} --baseline"
        f" {version['baseline']}"
        f" --profiles {bucket}/{s3_keys.profiles(context.name, number)}"
        f" --out {bucket}/{s3_keys.seasonality(context.name, number)}` shows them first."
    ]
