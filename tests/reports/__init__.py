"""Tests of charts and reports as files."""
