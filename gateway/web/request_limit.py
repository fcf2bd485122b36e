"""How many requests a second the local page answers, of one address and in all. Pure; the time is handed in, in s."""

from host.token_bucket import TokenBucket, TokenBuckets

# Fifty viewers behind one address open the page at once (eight files each), and ask every three seconds.
_ADDRESS_PER_S, _ADDRESS_AT_ONCE = 40.0, 500
_ALL_PER_S, _ALL_AT_ONCE = 150.0, 1000
_MOST_ADDRESSES = 512


class RequestLimit:
    def __init__(self, now_s: float) -> None:
        self._all = TokenBucket(_ALL_PER_S, _ALL_AT_ONCE, now_s)
        self._addresses = TokenBuckets(_ADDRESS_PER_S, _ADDRESS_AT_ONCE, _MOST_ADDRESSES)

    def admits(self, address: str, now_s: float) -> bool:
        """What one address asks too much takes nothing from the others."""
        return self._addresses.of(address, now_s).take(now_s) and self._all.take(now_s)
