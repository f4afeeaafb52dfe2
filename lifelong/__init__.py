"""Continual learning that can be seen and measured: scenarios, strategies, metrics, runs."""

__version__ = "0.1.0"
