"""The CloudWatch alarms: their table, their definitions and their conditions."""
