"""Measures of continual learning: pure functions of what a run records, declared with `@metric`."""
