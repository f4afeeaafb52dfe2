"""Middleware of the server around the pages: headers, limits, log and metrics."""
