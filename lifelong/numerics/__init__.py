"""Random seeds, devices, precision and matrix products."""
