"""One folder per function; ``aws`` holds the adapters that they share."""
