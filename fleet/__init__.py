"""The district service: what gateways deliver, what administrators decide, and the ledger of both."""
