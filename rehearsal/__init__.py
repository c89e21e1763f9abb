"""The embedded AWS: MiniStack and what it lacks, simulated time, and the loop played on it."""
