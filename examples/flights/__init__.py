"""Flights out of New York in 2013: will this one arrive more than 15 minutes late?"""
