"""A JSON file that a processing step writes and later steps of the same pipeline read."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step and its property file, both objects of the SageMaker SDK."""

    step: Any
    property_file: Any

    def value(self, json_path: str) -> Any:
        """A reference to one value of the file, which SageMaker resolves during the execution."""
        from sagemaker.core.workflow.functions import JsonGet

        return JsonGet(
            step_name=self.step.name, property_file=self.property_file, json_path=json_path
        )
