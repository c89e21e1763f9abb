"""How each peer analyzes the captures: scripts that run in the peer's own environment."""
