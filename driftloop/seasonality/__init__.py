"""Hour-of-week profiles of a baseline and the adjustments they allow."""
