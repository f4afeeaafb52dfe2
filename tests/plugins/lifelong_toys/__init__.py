"""A package of another author with one plug-in of each kind, for tests."""
