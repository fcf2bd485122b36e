"""A fleet service for tests: the device API over real HTTP, which judges as the fleet does, and misbehaves on request."""
