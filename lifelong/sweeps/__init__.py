"""Sweeps: grids of runs, learned side by side on one machine or on a Ray cluster."""
