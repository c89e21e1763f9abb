"""Takes one update through simulated time: provision, shift, bake under the alarms' eyes, end.

An alarm of the rollback configuration that is in ALARM at any minute of the update, also one that
was before it began, ends it: all traffic goes back to the old fleet and the endpoint is in service
again on its old config, with nothing that says why.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints.state import (
    Deployment,
    EmulatedEndpoint,
    announce_deployment,
    announce_state,
)

PROVISIONING = timedelta(minutes=2)
ROLLBACK = timedelta(minutes=1)
WATCH = timedelta(minutes=1)
LOAD_LIMIT = 300.0  # seconds of real time

logger = logging.getLogger(__name__)


def alarm_state(context: Context, name: str) -> str | None:
    """The alarm's state; None where there is no such alarm."""
    try:
        return context.alarms.state(name)
    except KeyError:
        return None


class EndpointUpdateDriver:
    """Drives the update of one endpoint; its callbacks run in whichever thread moves the clock."""

    def __init__(
        self, context: Context, endpoint: EmulatedEndpoint, deployment: Deployment
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._deployment = deployment

    def start(self) -> None:
        """Begin: load the new fleet's models in the background, and plan the first look."""
        endpoint, deployment = self._endpoint, self._deployment
        endpoint.deployment = deployment
        endpoint.status = "Updating"
        endpoint.modified = deployment.started
        threading.Thread(target=self._load, name=f"load {endpoint.name}", daemon=True).start()
        announce_state(self._context, endpoint)
        announce_deployment(self._context, endpoint)
        deployment.stage_ends = deployment.started + PROVISIONING
        self._plan(self._look)

    def _load(self) -> None:
        try:
            self._deployment.fleet.load()
        finally:
            self._deployment.loaded.set()

    def _plan(self, action: Callable[[], None]) -> None:
        """Look again in a minute, or when the stage ends if that is earlier."""
        now = self._context.now()
        ends = self._deployment.stage_ends or now
        when = min(ends, now + WATCH)
        self._context.clock.call_at(when, action, f"update of endpoint {self._endpoint.name}")

    def _look(self) -> None:
        """Once a minute, and at the end of each stage."""
        now = self._context.now()
        ends = self._deployment.stage_ends or now
        if now >= ends and self._deployment.stage < 0:
            self._deployment.loaded.wait(LOAD_LIMIT)
        with self._context.change():
            if self._endpoint.deployment is not self._deployment:
                return
            reason = self._trouble(now, provisioned=now >= ends)
            if reason is not None:
                self._roll_back(reason)
            elif now >= ends:
                self._next_stage(now)
            else:
                self._plan(self._look)

    def _trouble(self, now: datetime, *, provisioned: bool) -> str | None:
        """Why the update has to be ended; None while all is well."""
        rollout = self._deployment.rollout
        tripped = [name for name in rollout.alarms if alarm_state(self._context, name) == "ALARM"]
        if tripped:
            return f"alarms are in ALARM: {', '.join(tripped)}"
        if provisioned and not self._deployment.loaded.is_set():
            return "its models took too long to load"
        if provisioned and self._deployment.fleet.failure:
            return self._deployment.fleet.failure
        limit = rollout.timeout
        if limit is not None and now - self._deployment.started > timedelta(seconds=limit):
            return f"it took longer than {limit} seconds"
        return None

    def _next_stage(self, now: datetime) -> None:
        deployment = self._deployment
        deployment.stage += 1
        if deployment.stage >= len(deployment.rollout.stages):
            self._finish(now)
            return
        stage = deployment.rollout.stages[deployment.stage]
        if stage.share > deployment.share:
            self._show("ActivatingTraffic", "Shifting traffic to the new fleet.", now)
        deployment.share = stage.share
        self._show("Baking", stage.message, now)
        deployment.stage_ends = now + timedelta(seconds=stage.seconds)
        self._plan(self._look)

    def _show(self, status: str, message: str, now: datetime) -> None:
        self._deployment.status = status
        self._deployment.message = message
        self._deployment.status_since = now
        self._endpoint.modified = now
        announce_deployment(self._context, self._endpoint)

    def _finish(self, now: datetime) -> None:
        endpoint, deployment = self._endpoint, self._deployment
        old, endpoint.fleet = endpoint.fleet, deployment.fleet
        endpoint.config = deployment.fleet.config
        endpoint.last_settings = deployment.settings
        self._settle(now)
        if old is not None:
            old.close()

    def _roll_back(self, reason: str) -> None:
        logger.warning("update of endpoint %s rolls back: %s", self._endpoint.name, reason)
        now = self._context.now()
        self._deployment.share = 0.0
        self._endpoint.status = "RollingBack"
        self._show("Deleting", "Deleting the new fleet.", now)
        announce_state(self._context, self._endpoint)
        self._context.clock.call_at(
            now + ROLLBACK, self._rolled_back, f"rollback of endpoint {self._endpoint.name}"
        )

    def _rolled_back(self) -> None:
        with self._context.change():
            if self._endpoint.deployment is not self._deployment:
                return
            self._settle(self._context.now())
        self._deployment.fleet.close()

    def _settle(self, now: datetime) -> None:
        self._endpoint.deployment = None
        self._endpoint.status = "InService"
        self._endpoint.modified = now
        announce_state(self._context, self._endpoint)
