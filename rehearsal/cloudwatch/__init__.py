"""CloudWatch as AWS documents it, on simulated time: metrics, alarms, their actions and events."""
