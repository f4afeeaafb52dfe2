"""Classes that people teach to a copy of a run with a few pictures."""
