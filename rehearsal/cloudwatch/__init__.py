"""CloudWatch in simulated time, as AWS documents it: metrics, alarms, their actions and events.

service               the CloudWatch API: operations by name
protocol              the protocol of boto3's client
metric_store          data points, and statistics of them
metric_operations     the metric operations of the API
metric_math           metric math expressions
alarms                all alarms, their states and their evaluation
alarm_settings        settings of an alarm, and their validation
alarm_evaluation      the state of an alarm from its data points
alarm_notifications   the event and the SNS message of a state change
cloudformation_alarm  the CloudFormation resource type
"""
