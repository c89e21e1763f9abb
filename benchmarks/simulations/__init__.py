"""The rule's error rates, simulated: `python -m benchmarks.simulations` writes the tables."""
