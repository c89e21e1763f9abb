"""The one that changes the endpoint: an approved version goes out, once per approval."""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.fleet import load_models
from lambdas.aws.wiring import AWS, Aws
from lambdas.release.approvals import note_all, note_package
from lambdas.release.gathering import read_settings
from lambdas.release.room import Room
from lambdas.release.steps import run
from lambdas.release.subjects import subject_of

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: Aws = AWS) -> dict[str, Any]:
    """Any event of the subjects' table: an event says "look", never what there is to see."""
    models = load_models(aws)
    subject = subject_of(event, models)
    if subject.model is None:
        logger.info("of no model of this fleet")
        return {"model": None, "actions": []}
    room = Room.of(aws, models, subject.model, subject.now, subject.event)
    settings = read_settings(room)
    if settings is None:
        logger.info("the model's stack is not deployed", model=subject.model)
        return {"model": subject.model, "actions": []}
    if subject.package is not None:
        note_package(room, subject.package)
    elif subject.reconcile:
        note_all(room)
    actions = run(room, settings, reconcile=subject.reconcile)
    logger.info("done", model=subject.model, actions=actions)
    return {"model": subject.model, "actions": actions}
