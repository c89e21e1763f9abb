"""The example's flights, hour by hour, each served once."""

from examples.flights.stream import Hour, drifted_hours, healthy_hours

HOURS = 40


class Flights:
    """Takes the next hour of either kind."""

    def __init__(self) -> None:
        self._winter = iter(healthy_hours(12))
        self._spring = iter(drifted_hours(HOURS))

    def healthy(self) -> Hour:
        """Flights of the training months that no training has seen."""
        return next(self._winter)

    def drifted(self) -> Hour:
        """Flights of spring: other weather, other delays."""
        return next(self._spring)

    def broken(self) -> Hour:
        """Flights of spring after an upstream job began to send millikelvins."""
        hour = self.drifted()
        kelvin = (hour.rows["temp"] - 32) / 1.8 + 273.15
        return Hour(hour.rows.assign(temp=kelvin * 1000), hour.labels)
