"""Figures: each module prints a table with targets and ratios from the same run."""
