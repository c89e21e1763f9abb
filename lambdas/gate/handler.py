"""The one place that may start a retraining, whatever asks for it."""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.fleet import load_models
from lambdas.aws.wiring import AWS, Aws
from lambdas.gate.answer import answer
from lambdas.gate.lease import heal
from lambdas.gate.room import Room
from lambdas.gate.triggers import find_trigger

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: Aws = AWS) -> dict[str, Any]:
    """Any event of the triggers' table to the decision it led to, if it asked for one."""
    models = load_models(aws)
    trigger = find_trigger(event)
    name = trigger.model(event, models)
    if name is None:
        logger.info("of no model of this fleet", kind=trigger.kind)
        return {"decision": None}
    room = Room.of(aws, models, name)
    if not trigger.settles:
        heal(room, trigger.time(event))
    ask = trigger.ask(event, room)
    if ask is None:
        return {"model": name, "decision": None}
    decision = answer(room, ask)
    logger.info("decided", **decision)
    return decision
