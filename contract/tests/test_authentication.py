# Seals: RFC 4231, and messages sealed by another implementation.

from contract.authentication import equal, hmac_sha256, portable_equal, portable_hmac_sha256, seal, unseal
from contract.errors import AuthenticationError
from contract.tests.golden import load, noise

_CASES = load("sealed")
_KEY = bytes.fromhex(_CASES["key"])


def _reason(sealed: bytes) -> "str | None":
    try:
        unseal(_KEY, "up", "n-0001", "log", sealed)
    except AuthenticationError as error:
        return error.reason
    return None


def test_hmac_agrees_with_rfc_4231() -> None:
    for case in _CASES["hmac_sha256"]:
        key, message = bytes.fromhex(case["key"]), bytes.fromhex(case["message"])
        assert hmac_sha256(key, message).hex() == case["mac"], case["name"]
        assert portable_hmac_sha256(key, message).hex() == case["mac"], case["name"]


def test_sealing_agrees_with_the_vectors() -> None:
    for case in _CASES["good"]:
        sealed = seal(_KEY, case["direction"], case["node"], case["type"], bytes.fromhex(case["body"]))
        assert sealed.hex() == case["sealed"], case["name"]


def test_unsealing_gives_the_body_back() -> None:
    for case in _CASES["good"]:
        body = unseal(_KEY, case["direction"], case["node"], case["type"], bytes.fromhex(case["sealed"]))
        assert body == bytes.fromhex(case["body"]), case["name"]


def test_what_the_node_did_not_seal_for_this_place_is_refused() -> None:
    for case in _CASES["bad_of_up_n-0001_log"]:
        assert _reason(bytes.fromhex(case["sealed"])) == case["reason"], case["name"]


def test_every_single_wrong_bit_is_noticed() -> None:
    sealed = seal(_KEY, "up", "n-0001", "log", b'{"t":"x"}')
    for bit in range(8 * len(sealed)):
        wrong = bytearray(sealed)
        wrong[bit // 8] ^= 1 << bit % 8
        assert _reason(bytes(wrong)) in ("bad_mac", "no_seal"), bit


def test_noise_is_refused_at_every_length() -> None:
    for length in range(80):
        assert _reason(noise(length, length)) in ("bad_mac", "no_seal"), length


def test_equal_means_the_same_bytes() -> None:
    for function in (equal, portable_equal):
        assert function(b"", b"") and function(b"abc", b"abc")
        assert not (function(b"abc", b"abd") or function(b"abc", b"ab") or function(b"", b"a"))
