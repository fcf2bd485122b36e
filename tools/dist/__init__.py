"""Builds what people install: one wheel of ours, and for every Debian suite and architecture a bundle that needs no internet."""
