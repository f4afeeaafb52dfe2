"""Measurements: timings, accuracy tables, and what ships."""
