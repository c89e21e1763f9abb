"""Backtest: replay the detection rule on stored weeks, to fit design effects and multipliers.

What makes a baseline imports this package. What simulates one is in ``driftloop.calibration``.
"""
