"""Atomic writes, tensor files, caches and downloads."""
