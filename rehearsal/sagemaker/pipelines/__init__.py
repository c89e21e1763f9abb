"""Pipelines, their executions and jobs.

operations             the APIs of pipelines
execution_operations   the APIs of executions
execution_state        one execution and its steps, and the events of their changes
definition             a pipeline definition: checked, ordered, with its parameters
expressions            the expressions and conditions of a definition
retry_policies         the retry policies of a definition: checked
runner                 runs one execution, step by step
jobs                   processing and training jobs: their state and their APIs
processing_job, training_job   run one job as a process
lambda_step            invokes the function of a Lambda step
"""

from rehearsal.sagemaker.pipelines.execution_operations import Executions
from rehearsal.sagemaker.pipelines.jobs import Jobs
from rehearsal.sagemaker.pipelines.operations import Pipelines
from rehearsal.sagemaker.pipelines.runner import ExecutionRunner

__all__ = ["ExecutionRunner", "Executions", "Jobs", "Pipelines"]
