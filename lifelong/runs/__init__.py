"""Runs on disk: folders, checkpoints, journal, history, comparison."""
