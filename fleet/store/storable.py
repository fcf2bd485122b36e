"""Text from outside, made fit for a column: of bounded length, and without NUL, which PostgreSQL does not store.

Pure.
"""


def storable(text: str, characters: int) -> str:
    return text[:characters].replace("\x00", "\ufffd")
