"""What gateway and fleet speak with each other. CPython only; nothing here goes onto a node."""
