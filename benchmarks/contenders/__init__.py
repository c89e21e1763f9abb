"""What each peer does with the captures: scripts that run in the peer's own environment."""
