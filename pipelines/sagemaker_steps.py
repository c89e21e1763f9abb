"""The pipeline's steps in the SageMaker SDK's terms.

Inputs and outputs of a processing job.
"""

from typing import Any

from driftloop.config import ModelSettings
from pipelines.families.family import Family
from pipelines.offline_session import ROLE, uri
from pipelines.placeholders import Placeholder, placeholder

RUN = "runs"


class StepBuilder:
    """Builds the steps of one model's pipeline."""

    def __init__(
        self,
        session: Any,
        model_name: str,
        model: ModelSettings,
        family: Family,
        parameters: dict[str, Any],
    ) -> None:
        self.session = session
        self.model_name = model_name
        self.model = model
        self.family = family
        self.parameters = parameters

    def steps(self) -> list[Any]:
        """Curate, Train, Evaluate, Baseline, and IsBetter with Register and Refuse inside."""
        from sagemaker.core.workflow.conditions import ConditionEquals
        from sagemaker.core.workflow.functions import JsonGet
        from sagemaker.mlops.workflow.condition_step import ConditionStep

        from pipelines.registration import refuse, register

        curate, curation = self.curate()
        train = self.train(curate)
        evaluate, evaluation = self.evaluate(curate, train)
        baseline = self.baseline(curate, evaluate)
        decision = JsonGet(step_name=evaluate.name, property_file=evaluation, json_path="decision")
        condition = ConditionStep(
            name="IsBetter",
            conditions=[ConditionEquals(left=decision, right="register")],
            if_steps=[register(self, train, (curate, curation), (evaluate, evaluation))],
            else_steps=[refuse(evaluate, evaluation)],
            depends_on=[baseline],
        )
        return [curate, train, evaluate, baseline, condition]

    def curate(self) -> tuple[Any, Any]:
        """Collects rows: the one job that reads S3 by itself, so the one with a network."""
        from sagemaker.core.workflow.properties import PropertyFile

        report = PropertyFile(name="Curation", output_name="curation", path="curation.json")
        arguments = [
            *("--capture-bucket", placeholder("CaptureBucket")),
            *("--ground-truth-bucket", placeholder("GroundTruthBucket")),
            *("--artifacts-bucket", placeholder("ArtifactsBucket")),
            *("--data-from", self.parameters["DataFrom"]),
            *("--data-to", self.parameters["DataTo"]),
            *("--excluded-windows", self.parameters["ExcludedWindows"]),
            *("--champion-version", self.parameters["ChampionVersion"]),
            *("--champion-model-data", self.parameters["ChampionModelData"]),
        ]
        inputs = {"training_data": uri("TrainingData")}
        outputs = ("train", "holdout", "golden", "champion", "curation")
        step = self._process("Curate", arguments, inputs, outputs, [report], isolated=False)
        return step, report

    def train(self, curate: Any) -> Any:
        """Trains the challenger in script mode, without a network."""
        from sagemaker.core.shapes import OutputDataConfig, StoppingCondition
        from sagemaker.core.training.configs import Compute, InputData, Networking
        from sagemaker.mlops.workflow.steps import TrainingStep
        from sagemaker.train import ModelTrainer

        training = self.model.training
        trainer = ModelTrainer(
            sagemaker_session=self.session,
            role=ROLE,
            training_image=placeholder("Image"),
            hyperparameters=self._hyperparameters(),
            compute=Compute(
                instance_type=training.instance_type,
                instance_count=1,
                volume_size_in_gb=training.volume_size_gb,
                volume_kms_key_id=placeholder("KmsKeyArn"),
            ),
            networking=Networking(
                enable_network_isolation=True, enable_inter_container_traffic_encryption=False
            ),
            stopping_condition=StoppingCondition(
                max_runtime_in_seconds=training.max_runtime_minutes * 60
            ),
            output_data_config=OutputDataConfig(
                s3_output_path=self.run_uri("model"), kms_key_id=placeholder("KmsKeyArn")
            ),
            input_data_config=[
                InputData(channel_name="train", data_source=self.output(curate, "train")),
                InputData(channel_name="champion", data_source=self.output(curate, "champion")),
                InputData(channel_name="code", data_source=uri("FamilyPackage")),
            ],
            base_job_name="train",
        )
        return TrainingStep(name="Train", step_args=trainer.train())

    def evaluate(self, curate: Any, train: Any) -> tuple[Any, Any]:
        """Compares challenger and champion on the same rows."""
        from sagemaker.core.workflow.properties import PropertyFile

        report = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
        inputs = {
            "challenger": train.properties.ModelArtifacts.S3ModelArtifacts,
            **{name: self.output(curate, name) for name in ("champion", "holdout", "golden")},
        }
        arguments = ["--champion-version", self.parameters["ChampionVersion"]]
        outputs = ("evaluation", "predictions")
        return self._process("Evaluate", arguments, inputs, outputs, [report]), report

    def baseline(self, curate: Any, evaluate: Any) -> Any:
        """Profiles the training rows and the challenger's predictions."""
        inputs = {
            "train": self.output(curate, "train"),
            "predictions": self.output(evaluate, "predictions"),
        }
        return self._process("Baseline", [], inputs, ("baseline",), [])

    def output(self, step: Any, name: str) -> Any:
        """S3 URI of a processing step's output, as the run knows it."""
        return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri

    def run_uri(self, *parts: str) -> Any:
        """A place of this execution alone in the artifacts bucket."""
        from sagemaker.core.workflow.execution_variables import ExecutionVariables
        from sagemaker.core.workflow.functions import Join

        root = f"s3://{placeholder('ArtifactsBucket')}/{RUN}/{self.model_name}"
        return Join(on="/", values=[root, ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])

    def _hyperparameters(self) -> dict[str, str]:
        chosen = {**self.family.hyperparameters, **self.model.training.hyperparameters}
        code = f"/opt/ml/input/data/code/{placeholder('FamilyPackageName')}"
        own = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": code,
            "warm_start": str(self.model.training.warm_start).lower(),
        }
        return {**{name: _text(value) for name, value in chosen.items()}, **own}

    def _process(
        self,
        name: str,
        arguments: list[Any],
        inputs: dict[str, Any],
        outputs: tuple[str, ...],
        property_files: list[Any],
        *,
        isolated: bool = True,
    ) -> Any:
        from sagemaker.core.network import NetworkConfig
        from sagemaker.core.processing import Processor
        from sagemaker.mlops.workflow.steps import ProcessingStep

        training = self.model.training
        code = f"{PROCESSING}/input/code/{placeholder('StepsPackageName')}"
        settings = f"{PROCESSING}/input/settings/{placeholder('SettingsName')}"
        processor = Processor(
            role=ROLE,
            image_uri=placeholder("Image"),
            entrypoint=["python3", code, name.lower()],
            instance_count=1,
            instance_type=training.instance_type,
            volume_size_in_gb=training.volume_size_gb,
            volume_kms_key=placeholder("KmsKeyArn"),
            output_kms_key=placeholder("KmsKeyArn"),
            max_runtime_in_seconds=training.max_runtime_minutes * 60,
            sagemaker_session=self.session,
            network_config=NetworkConfig(enable_network_isolation=isolated),
            base_job_name=name.lower(),
        )
        own: dict[str, Placeholder] = {"code": "StepsPackage", "settings": "Settings"}
        step_args = processor.run(
            inputs=[
                *(processing_input(key, uri(value)) for key, value in own.items()),
                *(processing_input(key, value) for key, value in inputs.items()),
            ],
            outputs=[processing_output(key, self.run_uri(name.lower(), key)) for key in outputs],
            arguments=["--root", PROCESSING, "--settings", settings, *arguments],
        )
        return ProcessingStep(name=name, step_args=step_args, property_files=property_files)


def _text(value: int | float | str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


PROCESSING = "/opt/ml/processing"
"""Where SageMaker puts a processing job's files."""


def processing_input(name: str, uri: Any) -> Any:
    """An input of a processing job: all objects below ``uri``, as files."""
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"{PROCESSING}/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
            s3_data_distribution_type="FullyReplicated",
        ),
    )


def processing_output(name: str, uri: Any) -> Any:
    """An output of a processing job: its files, uploaded to ``uri`` at the end."""
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(
            s3_uri=uri, local_path=f"{PROCESSING}/output/{name}", s3_upload_mode="EndOfJob"
        ),
    )
