"""The CDK app: what runs in the account, and who may do what."""
