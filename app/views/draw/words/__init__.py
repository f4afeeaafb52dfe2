"""Sentences of the drawing page: pure functions of facts, and nothing on the page says more."""
