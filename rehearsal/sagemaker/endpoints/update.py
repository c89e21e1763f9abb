"""One endpoint update in simulated time: provision, shift traffic, bake, finish or roll back.

If an alarm of the rollback configuration is in ALARM at any minute of the update, also if it was
before the update, the update is rolled back: all traffic returns to the old fleet and the endpoint
is in service with its old config. As on AWS, the endpoint's description has no reason for it.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints.state import (
    EmulatedEndpoint,
    EndpointUpdate,
    announce_state,
    announce_update,
)

PROVISIONING_TIME = timedelta(minutes=2)
"""Simulated time until the new fleet's instances run."""

ROLLBACK_TIME = timedelta(minutes=1)
"""Simulated time until the new fleet is deleted and the endpoint is in service."""

CHECK_INTERVAL = timedelta(minutes=1)
"""Simulated time between two checks of the alarms, which change once a minute at most."""

MAX_LOAD_SECONDS = 300.0
"""Seconds of real time until models that still load roll the update back."""

logger = logging.getLogger(__name__)


def find_alarm_state(context: SageMakerContext, name: str) -> str | None:
    """Return the alarm's state; None for an unknown alarm."""
    try:
        return context.alarms.state(name)
    except KeyError:
        return None


class EndpointUpdateDriver:
    """Drives one update; its callbacks run in the thread that advances the clock."""

    def __init__(
        self, context: SageMakerContext, endpoint: EmulatedEndpoint, update: EndpointUpdate
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._update = update

    def start(self) -> None:
        """Load the new fleet's models in the background, and schedule the first check."""
        endpoint, update = self._endpoint, self._update
        endpoint.update = update
        endpoint.status = "Updating"
        endpoint.modified = update.started
        threading.Thread(target=self._load, name=f"load {endpoint.name}", daemon=True).start()
        announce_state(self._context, endpoint)
        announce_update(self._context, endpoint)
        update.period_ends = update.started + PROVISIONING_TIME
        self._schedule(self._check)

    def _load(self) -> None:
        try:
            self._update.fleet.load()
        finally:
            self._update.loaded.set()

    def _schedule(self, action: Callable[[], None]) -> None:
        """Check again in a minute, or at the end of the period if that is earlier."""
        now = self._context.now()
        ends = self._update.period_ends or now
        next_check = min(ends, now + CHECK_INTERVAL)
        self._context.clock.call_at(next_check, action, f"update of endpoint {self._endpoint.name}")

    def _check(self) -> None:
        """Roll back, start the next period, or wait; runs each minute and at each period's end."""
        now = self._context.now()
        ends = self._update.period_ends or now
        if now >= ends and self._update.period_index < 0:
            self._update.loaded.wait(MAX_LOAD_SECONDS)
        with self._context.change():
            if self._endpoint.update is not self._update:
                return
            reason = self._rollback_reason(now, provisioned=now >= ends)
            if reason is not None:
                self._roll_back(reason)
            elif now >= ends:
                self._start_next_period(now)
            else:
                self._schedule(self._check)

    def _rollback_reason(self, now: datetime, *, provisioned: bool) -> str | None:
        """Return why the update must roll back; None if it need not."""
        rollout = self._update.rollout
        in_alarm = [
            name for name in rollout.alarms if find_alarm_state(self._context, name) == "ALARM"
        ]
        if in_alarm:
            return f"alarms are in ALARM: {', '.join(in_alarm)}"
        if provisioned and not self._update.loaded.is_set():
            return "the models took too long to load"
        if provisioned and self._update.fleet.failure:
            return self._update.fleet.failure
        limit = rollout.timeout
        if limit is not None and now - self._update.started > timedelta(seconds=limit):
            return f"the update took longer than {limit} seconds"
        return None

    def _start_next_period(self, now: datetime) -> None:
        update = self._update
        update.period_index += 1
        if update.period_index >= len(update.rollout.baking_periods):
            self._finish(now)
            return
        period = update.rollout.baking_periods[update.period_index]
        if period.share > update.share:
            self._set_deployment_status(
                "ActivatingTraffic", "Shifting traffic to the new fleet.", now
            )
        update.share = period.share
        self._set_deployment_status("Baking", period.message, now)
        update.period_ends = now + timedelta(seconds=period.seconds)
        self._schedule(self._check)

    def _set_deployment_status(self, status: str, message: str, now: datetime) -> None:
        self._update.status = status
        self._update.message = message
        self._update.status_since = now
        self._endpoint.modified = now
        announce_update(self._context, self._endpoint)

    def _finish(self, now: datetime) -> None:
        endpoint, update = self._endpoint, self._update
        old, endpoint.fleet = endpoint.fleet, update.fleet
        endpoint.config = update.fleet.config
        endpoint.last_settings = update.settings
        self._end_update(now)
        if old is not None:
            old.close()

    def _roll_back(self, reason: str) -> None:
        logger.warning("update of endpoint %s is rolled back: %s", self._endpoint.name, reason)
        now = self._context.now()
        self._update.share = 0.0
        self._endpoint.status = "RollingBack"
        self._set_deployment_status("Deleting", "Deleting the new fleet.", now)
        announce_state(self._context, self._endpoint)
        self._context.clock.call_at(
            now + ROLLBACK_TIME,
            self._finish_rollback,
            f"rollback of endpoint {self._endpoint.name}",
        )

    def _finish_rollback(self) -> None:
        with self._context.change():
            if self._endpoint.update is not self._update:
                return
            self._end_update(self._context.now())
        self._update.fleet.close()

    def _end_update(self, now: datetime) -> None:
        self._endpoint.update = None
        self._endpoint.status = "InService"
        self._endpoint.modified = now
        announce_state(self._context, self._endpoint)
