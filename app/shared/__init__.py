"""Charts, chart data, labels and text that several pages share."""
