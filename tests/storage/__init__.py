"""Tests of lifelong/storage."""
