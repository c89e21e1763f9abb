"""The rule for traffic that changes with the hour, the weekday and the season.

A day is compared with the accepted days before it, hour by hour, and each statistic of each column
with its own history. So the season is no drift, and what breaks within days is found.
"""
