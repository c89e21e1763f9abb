"""What the pipeline's jobs run: one file per step; pandas and boto3, but no SageMaker SDK."""
