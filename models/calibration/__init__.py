"""Thresholds with bounds that hold: what is counted (trials), how it is bounded (bounds), how a threshold is chosen (walk), for whom (scopes)."""
