"""Properties of readers under generated input."""
