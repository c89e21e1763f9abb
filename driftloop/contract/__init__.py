"""What the parts of a deployment agree on: names, keys, events, metrics. No behavior."""
