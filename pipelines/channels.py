"""Inputs and outputs of a processing job."""

from typing import Any

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
