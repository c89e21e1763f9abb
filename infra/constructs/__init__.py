"""Nouns that expose their resources; what they may touch is granted by the stack."""
