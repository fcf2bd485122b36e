"""The device API: what gateways call, one file a subject."""
