"""The fleet in moto's AWS of the handlers' tests, for the tests that play faults."""

from tests.lambdas.conftest import (
    aws,
    bus,
    credentials,
    event,
    fleet_of,
    ledger,
    live,
    people,
    sagemaker,
)

__all__ = ["aws", "bus", "credentials", "event", "fleet_of", "ledger", "live", "people"]
__all__ += ["sagemaker"]
