"""Tests of the project, in the folders of the modules they test."""
