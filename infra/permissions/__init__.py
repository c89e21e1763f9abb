"""The permissions of the Lambda functions and of the state machine: one module per role."""
