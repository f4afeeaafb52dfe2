"""Building blocks that strategies share."""
