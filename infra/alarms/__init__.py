"""The CloudWatch alarms: their table, conditions and definition."""
