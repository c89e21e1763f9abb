"""The rehearsal's page: the timeline in sentences, and plots over simulated time.

render      the page as HTML
view        everything that the template shows
event_text  events as sentences
plots       positions of the plots' marks
time_axis   simulated time as positions on an axis
"""

from rehearsal.page.render import render

__all__ = ["render"]
