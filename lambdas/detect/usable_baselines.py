"""Which versions of a window can be compared: those whose baseline can be used.

One version's baseline must not stop the others. People are notified once per version; the analysis
of a champion without one fails, after everything else is published.
"""

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import UnusableBaselineItem
from driftloop.daily.stored import training_days
from driftloop.errors import FormatError
from driftloop.profile import Baseline, Profile
from lambdas.aws.baseline_file import REPLACED, UnusableBaselineError
from lambdas.aws.baselines import load_baseline
from lambdas.aws.clients import AwsClients
from lambdas.aws.context import AnalysisContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put
from lambdas.aws.publishing import notify

Version = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Baselines:
    """The baselines of the versions to compare, and why the others can't be, by version."""

    usable: Mapping[int, Baseline]
    unusable: Mapping[int, UnusableBaselineError]


def find_skipped_versions(context: AnalysisContext) -> dict[int, UnusableBaselineError]:
    """The versions of which the profile function skipped a batch, as their baseline was unusable.

    All of their batches are skipped, also if the baseline can be read by now.
    """
    bucket = context.analysis_bucket
    work = s3_keys.work(context.name, context.window.label, context.revision)
    found = {}
    for listed in bucket.list(s3_keys.unusable_baselines(work)):
        noted = json.loads(bucket.get(listed.key))
        version = s3_keys.unusable_baseline_version(listed.key)
        found[version] = UnusableBaselineError(noted["baseline"], noted["problem"], noted["remedy"])
    return found


def load_baselines(
    context: AnalysisContext,
    versions: Iterable[Version],
    profiles: Mapping[int, Profile],
    skipped: Mapping[int, UnusableBaselineError],
) -> Baselines:
    """Load the baselines of ``versions`` that were not skipped; ``profiles`` were made on them."""
    usable: dict[int, Baseline] = {}
    unusable = dict(skipped)
    for version in versions:
        number = version["version"]
        if number not in unusable:
            try:
                usable[number] = _load(context.aws, version["baseline"], profiles.get(number))
            except UnusableBaselineError as error:
                unusable[number] = error
    return Baselines(usable, unusable)


def record_unusable(
    context: AnalysisContext,
    unusable: Mapping[int, UnusableBaselineError],
    champions: Container[int],
) -> None:
    """Record each version with its reason, and notify of it, once per version.

    Of the champion, the failed analysis notifies.
    """
    for version, error in sorted(unusable.items()):
        if context.ledger.get(UnusableBaselineItem, version) is not None:
            continue
        if version not in champions:
            _notify(context, version, error)
        item = UnusableBaselineItem(
            version=version, baseline_uri=error.uri, reason=error.problem, found_at=context.as_of
        )
        try:
            context.ledger.write(Put(item, ITEM_ABSENT))
        except ConflictError:
            continue  # another window's analysis has recorded it


def _load(aws: AwsClients, uri: str, profile: Profile | None) -> Baseline:
    """The baseline on which the profile was made; its hours and days can be read as well."""
    baseline = load_baseline(aws, uri)
    try:
        _ = baseline.seasonality
        training_days(baseline)
    except FormatError as error:
        raise UnusableBaselineError(uri, str(error)) from error
    if profile is not None and profile.baseline != baseline.fingerprint:
        raise UnusableBaselineError(uri, REPLACED)
    return baseline


def _notify(context: AnalysisContext, version: int, error: UnusableBaselineError) -> None:
    name = context.name
    notify(
        context.aws,
        f"driftloop: version {version} of {name} can't be analyzed",
        deduplication_id=context.deduplication_id("unusable baseline notification", version),
        what=f"The records of version {version} of {name} can't be compared with its baseline, so"
        " its windows are not analyzed. Other versions are. You are notified once per version.",
        why=f"{error}.",
        next_step="No action is needed if the version does not serve again. Otherwise fix the"
        " cause, then analyze its windows with a new revision: see a version that can't be analyzed"
        " in the runbook.",
    )
