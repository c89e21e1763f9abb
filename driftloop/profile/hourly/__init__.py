"""Counts of records by hour on few cells: what the daily rule needs of a window, and no more.

All of it adds up: hourly windows and a 24-hour window give the same counts, in any order.
"""
