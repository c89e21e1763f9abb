"""The steps of a model's pipeline, built with the SageMaker SDK."""

from typing import Any

from driftloop.config import ModelSettings
from driftloop.contract.pipeline_reports import EVALUATION_FILE, STATISTICS_FILE
from driftloop.instance_types import has_local_storage
from pipelines.families.container_environment import TRAINING_ENVIRONMENT
from pipelines.families.family import Family
from pipelines.offline_session import ROLE, run_uri, uri
from pipelines.placeholders import Placeholder, placeholder
from pipelines.registration import describe_challenger, register_model, reject_challenger
from pipelines.retry_policies import job_retries, step_cache

PROCESSING = "/opt/ml/processing"
"""The folder of a processing job's files in SageMaker's containers."""


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
        """The jobs, then DescribeChallenger, and CheckImprovement with its two outcomes."""
        from sagemaker.core.workflow.conditions import ConditionEquals
        from sagemaker.mlops.workflow.condition_step import ConditionStep

        curate = self.curate()
        train = self.train(curate)
        evaluate = self.evaluate(curate, train)
        baseline = self.baseline(curate, evaluate)
        model_data_url = train.properties.ModelArtifacts.S3ModelArtifacts
        description = describe_challenger(
            self.session,
            evaluation_uri=self.output(evaluate, "evaluation"),
            curation_uri=self.output(curate, "curation"),
            model_data_url=model_data_url,
            after=baseline,
        )
        registration = register_model(
            self.session,
            self.model,
            self.parameters,
            model_data_url=model_data_url,
            description=description,
            evaluation_uri=self._output_file(evaluate, "evaluation", EVALUATION_FILE),
            statistics_uri=self._output_file(evaluate, "evaluation", STATISTICS_FILE),
            baseline_uri=self._output_file(baseline, "baseline", "model.baseline"),
        )
        decision = description.properties.Outputs["decision"]
        condition = ConditionStep(
            name="CheckImprovement",
            conditions=[ConditionEquals(left=decision, right="register")],
            if_steps=[registration],
            else_steps=[reject_challenger(description)],
        )
        return [curate, train, evaluate, baseline, description, condition]

    def curate(self) -> Any:
        """Selects and labels the rows: the one job that reads S3 itself, so it has a network."""
        arguments = [
            *("--capture-bucket", placeholder("CaptureBucket")),
            *("--ground-truth-bucket", placeholder("GroundTruthBucket")),
            *("--artifacts-bucket", placeholder("ArtifactsBucket")),
            *("--data-from", self.parameters["TrainingDataStart"]),
            *("--data-to", self.parameters["TrainingDataEnd"]),
            *("--excluded-windows", self.parameters["ExcludedWindows"]),
            *("--training-sources", self.parameters["TrainingSources"]),
            *("--champion-version", self.parameters["ChampionVersion"]),
            *("--champion-model-data", self.parameters["ChampionModelData"]),
        ]
        inputs = {"training_data": uri("TrainingData")}
        outputs = ("train", "holdout", "golden", "champion", "curation")
        return self._process("Curate", arguments, inputs, outputs, has_network=True)

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
            environment=dict(TRAINING_ENVIRONMENT),
            compute=Compute(
                instance_type=training.instance_type,
                instance_count=1,
                volume_size_in_gb=training.volume_size_gb,
                volume_kms_key_id=self._volume_key(),
            ),
            networking=Networking(
                enable_network_isolation=True, enable_inter_container_traffic_encryption=False
            ),
            stopping_condition=StoppingCondition(
                max_runtime_in_seconds=training.max_runtime_minutes * 60
            ),
            output_data_config=OutputDataConfig(
                s3_output_path=self._run_uri("model"), kms_key_id=placeholder("KmsKeyArn")
            ),
            input_data_config=[
                InputData(channel_name="train", data_source=self.output(curate, "train")),
                InputData(channel_name="champion", data_source=self.output(curate, "champion")),
                InputData(channel_name="code", data_source=uri("FamilyPackage")),
            ],
            base_job_name="train",
        )
        return TrainingStep(
            name="Train",
            step_args=trainer.train(),
            retry_policies=job_retries(),
            cache_config=step_cache(),
        )

    def evaluate(self, curate: Any, train: Any) -> Any:
        """Compares challenger and champion on the same rows, without a network."""
        inputs = {
            "challenger": train.properties.ModelArtifacts.S3ModelArtifacts,
            **{name: self.output(curate, name) for name in ("champion", "holdout", "golden")},
        }
        arguments = ["--champion-version", self.parameters["ChampionVersion"]]
        return self._process("Evaluate", arguments, inputs, ("evaluation", "predictions"))

    def baseline(self, curate: Any, evaluate: Any) -> Any:
        """Fits a baseline to the training rows and the challenger's predictions."""
        inputs = {
            "train": self.output(curate, "train"),
            "predictions": self.output(evaluate, "predictions"),
        }
        return self._process("Baseline", [], inputs, ("baseline",))

    def output(self, step: Any, name: str) -> Any:
        """A reference to the S3 URI of a processing step's output."""
        return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri

    def _output_file(self, step: Any, name: str, file: str) -> Any:
        """The S3 URI of a file in an output: of an earlier execution if the step was cached."""
        from sagemaker.core.workflow.functions import Join

        return Join(on="/", values=[self.output(step, name), file])

    def _run_uri(self, *parts: str) -> Any:
        return run_uri(self.model_name, *parts)

    def _volume_key(self) -> str | None:
        """The key of the instances' volumes; local storage encrypts itself and takes none."""
        local = has_local_storage(self.model.training.instance_type)
        return None if local else placeholder("KmsKeyArn")

    def _hyperparameters(self) -> dict[str, str]:
        hyperparameters = {**self.family.hyperparameters, **self.model.training.hyperparameters}
        code = f"/opt/ml/input/data/code/{placeholder('FamilyPackageName')}"
        script_mode = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": code,
            "warm_start": str(self.model.training.warm_start).lower(),
        }
        return {**{name: _text(value) for name, value in hyperparameters.items()}, **script_mode}

    def _process(
        self,
        name: str,
        arguments: list[Any],
        inputs: dict[str, Any],
        outputs: tuple[str, ...],
        *,
        has_network: bool = False,
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
            volume_kms_key=self._volume_key(),
            output_kms_key=placeholder("KmsKeyArn"),
            max_runtime_in_seconds=training.max_runtime_minutes * 60,
            sagemaker_session=self.session,
            network_config=NetworkConfig(enable_network_isolation=not has_network),
            base_job_name=name.lower(),
        )
        common: dict[str, Placeholder] = {"code": "StepsPackage", "settings": "Settings"}
        step_args = processor.run(
            inputs=[
                *(processing_input(key, uri(value)) for key, value in common.items()),
                *(processing_input(key, value) for key, value in inputs.items()),
            ],
            outputs=[processing_output(key, self._run_uri(name.lower(), key)) for key in outputs],
            arguments=["--root", PROCESSING, "--settings", settings, *arguments],
        )
        return ProcessingStep(
            name=name,
            step_args=step_args,
            retry_policies=job_retries(),
            cache_config=None if has_network else step_cache(),
        )


def _text(value: int | float | str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def processing_input(name: str, uri: Any) -> Any:
    """An input of a processing job: all objects below the prefix ``uri``, as files."""
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
    """An output of a processing job: its files, uploaded to ``uri`` when the job ends."""
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(
            s3_uri=uri, local_path=f"{PROCESSING}/output/{name}", s3_upload_mode="EndOfJob"
        ),
    )
