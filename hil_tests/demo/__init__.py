"""`make demo`: a small district on this machine, on real firmware, real brokers, real gateways and the real fleet service.

It shows what the product is for: a setting that a node confirms, an alarm that comes and goes, a line that is cut and loses nothing.
"""
