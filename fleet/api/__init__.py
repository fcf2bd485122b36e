"""The HTTP edge, one routes file a subject with its models. Decides nothing; calls the subjects below it."""
