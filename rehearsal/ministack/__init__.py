"""The adapter to MiniStack: the only code that uses its private names."""
