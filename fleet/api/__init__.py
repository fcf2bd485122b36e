"""The HTTP edge: routes and models. Decides nothing; calls the modules above it."""
