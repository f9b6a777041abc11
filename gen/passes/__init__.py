"""Passes over the graph, applied in order."""
