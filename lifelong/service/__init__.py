"""The worker process and its client."""
