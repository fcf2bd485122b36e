"""The log of a service: JSON lines on standard error, of which no fault makes more than a megabyte an hour."""
