"""One small file a model; each has a `build(shape, outputs)` that returns a Network."""
