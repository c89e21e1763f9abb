"""The loop's decisions as pure functions: facts in, a decision with its words out."""
