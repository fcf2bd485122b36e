"""From the body of an ingest request to committed rows."""
