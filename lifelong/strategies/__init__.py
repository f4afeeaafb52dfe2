"""One small file a strategy, found by its file name."""
