"""The example's flights, hour by hour. Each hour is sent once."""

from examples.flights.stream import Hour, drifted_hours, healthy_hours

MAX_HOURS_WITHOUT_DRIFT = 12
"""Hours that the scenario may send: more than its chapters do."""

MAX_DRIFTED_HOURS = 40
"""Hours that the scenario may send: more than its chapters do."""


class FlightRequests:
    """Returns the next hour of flights, with or without drift."""

    def __init__(self) -> None:
        self._hours_without_drift = iter(healthy_hours(MAX_HOURS_WITHOUT_DRIFT))
        self._drifted_hours = iter(drifted_hours(MAX_DRIFTED_HOURS))

    def next_hour_without_drift(self) -> Hour:
        """Return flights of January to March, like the training data and not part of it."""
        return next(self._hours_without_drift)

    def next_drifted_hour(self) -> Hour:
        """Return flights of April to June: other weather, other delays."""
        return next(self._drifted_hours)

    def next_invalid_hour(self) -> Hour:
        """Return flights of April to June with temperatures in millikelvins."""
        hour = self.next_drifted_hour()
        kelvin = (hour.rows["temp"] - 32) / 1.8 + 273.15
        return Hour(hour.rows.assign(temp=kelvin * 1000), hour.labels)
