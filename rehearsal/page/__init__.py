"""The rehearsal's page: the story of a fleet, told from its timeline."""

from rehearsal.page.render import render

__all__ = ["render"]
