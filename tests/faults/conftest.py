"""The fleet in moto's AWS of the handlers' tests, for the tests that play faults."""

from tests.lambdas.conftest import (
    approve,
    aws,
    bus,
    credentials,
    end,
    event,
    fleet_of,
    ledger,
    live,
    people,
    sagemaker,
    serving,
)

__all__ = ["approve", "aws", "bus", "credentials", "end", "event", "fleet_of", "ledger", "live"]
__all__ += ["people", "sagemaker", "serving"]
