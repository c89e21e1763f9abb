"""The adapter to MiniStack. Only this package uses MiniStack's private names.

names         the private names in use, MiniStack's version, account and region
application   MiniStack's ASGI application and its settings
services      service handlers and CloudFormation resource types, added and replaced
authorization every decision of the IAM evaluation, also for services that call by a role
encryption    the KMS key of a bucket, object, queue, topic or table
state_machines what Step Functions does by the role of a state machine
events        events on the default bus, with simulated time
schedules     EventBridge Scheduler: its schedules, their next times, their targets
invocations   Lambda invocations and Step Functions executions
messaging     SNS topics and SQS queues
metrics       metrics that MiniStack's own services record
parameters    changes of SSM parameters
"""
