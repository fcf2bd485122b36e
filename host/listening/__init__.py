"""Limits of a listening port: how many connections, how long each may be silent, and what is kept in reserve for everything else."""
