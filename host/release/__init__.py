"""Versions of the programs on one machine: made beside each other, one in use, a new one on trial. Standard library only: it runs from a
bundle, before anything is installed, and judges a version without running on it."""
