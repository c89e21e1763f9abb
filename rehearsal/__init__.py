"""The embedded AWS: MiniStack with what it lacks, a simulated clock, and the scenario that plays the whole loop."""
