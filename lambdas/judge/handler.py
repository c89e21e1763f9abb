"""Judges a window: adds the batches up, compares, keeps the report, tells the rest of the loop."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from driftloop.profile import Profile
from driftloop.window import Window, parse_time
from lambdas.aws.fleet import load_models
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket
from lambdas.aws.wiring import AWS, Aws
from lambdas.judge.answers import keep_late, sum_batches
from lambdas.judge.day import close_day
from lambdas.judge.judged import Judged, judge_version
from lambdas.judge.keeping import keep
from lambdas.judge.publish import News, publish, publish_model
from lambdas.judge.room import Room
from lambdas.judge.standing import standing

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: Aws = AWS) -> dict[str, Any]:
    """``{"input": the execution's input, "plan": plan's output}`` to one report per version.

    Raises IncompleteError where a batch has not answered. Everything is written under names and
    with contents that come from the input, so that a retry gives the same bytes; what has been
    told is noted, and not told again.
    """
    room = _room(event["input"], aws)
    plan = event["plan"]
    items = json.loads(room.analysis.get(plan["manifest"]["key"]))
    sums = sum_batches(room.analysis, items, plan["batches"])
    late = keep_late(room.analysis, items, plan["absorbed"])
    heard = [version for version in plan["versions"] if _has_traffic(version, sums)]
    judged = [judge_version(room, version, sums, late) for version in heard]
    news = [_news(room, result) for result in judged if keep(room, result)]
    if news or not judged:
        publish_model(room, judged, news)
    for item in news:
        publish(room, item)
    logger.info("judged", model=room.model, verdicts=[result.verdict for result in judged])
    return {"verdicts": {str(result.version): result.verdict for result in judged}}


def _has_traffic(version: dict[str, Any], sums: Mapping[int, Profile]) -> bool:
    """Whether there is a window to speak of: of a version that has retired there need not be."""
    found = sums.get(version["version"])
    return not version.get("retired") or (found is not None and found.tally.requests > 0)


def _news(room: Room, judged: Judged) -> News:
    return News(judged, close_day(room, judged), standing(room, judged.version))


def _room(work: dict[str, Any], aws: Aws) -> Room:
    models = load_models(aws)
    name = work["model"]
    return Room(
        aws=aws,
        model=name,
        endpoint=models.names.resource(name),
        config=models.model(name),
        analysis=Bucket(aws.client("s3"), aws.setting("ANALYSIS_BUCKET")),
        ledger=Ledger(aws.client("dynamodb"), aws.setting("LEDGER_TABLE"), name),
        window=Window.from_dict(work["window"]),
        revision=int(work["revision"]),
        now=parse_time(work["now"]),
    )
