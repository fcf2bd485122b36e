# AirError
# └── BucketLimitError   more buckets were asked for than a chart or a page can hold   asked, limit
"""Errors of the pure functions about air."""


class AirError(Exception):
    pass


class BucketLimitError(AirError):
    def __init__(self, asked: int, limit: int) -> None:
        super().__init__(f"{asked} buckets asked for, at most {limit} are made at once")
        self.asked = asked
        self.limit = limit
