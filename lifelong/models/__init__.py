"""One small file a model, found by its file name."""
