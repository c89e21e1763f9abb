"""The command line: the core, working on local folders as on S3."""
