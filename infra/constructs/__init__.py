"""Constructs are nouns that expose their resources.

A construct grants only what it needs to work at all: its log group, its dead-letter queue, the
functions that it invokes, the key. Access to data is granted by the stacks.
"""
