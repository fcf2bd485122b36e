# The wire: what nodes, gateways and the fleet say to each other. Runs on CPython 3.11+ and MicroPython 1.23+.
# Imports nothing of ours, and of the standard library only what both runtimes have.
