"""The page that compares runs of several strategies."""
