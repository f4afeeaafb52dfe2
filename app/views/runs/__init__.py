"""The page about all runs and studies."""
