"""The scenario: a year's worth of a model's troubles, played in minutes.

chapters/   one chapter each: what happens, and what it must show
stage       the embedded AWS, its clients, time, and what was served so far
traffic     requests and labels
cdk         the real CDK CLI
timeline    what passed the bus, in the timeline's words
screen      the timeline as it happens
figures     what the page's plots show
"""
