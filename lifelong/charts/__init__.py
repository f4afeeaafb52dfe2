"""Charts of runs and studies as Altair charts and Vega-Lite specifications. No user interface."""
