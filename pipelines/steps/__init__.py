"""The code of the pipeline's processing jobs: one file per step.

It uses pandas and boto3, but not the SageMaker SDK.
"""
