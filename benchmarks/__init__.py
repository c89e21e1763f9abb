"""How fast, and how large: driftloop beside its peers, on the same captured files."""
