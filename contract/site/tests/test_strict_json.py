import json

import pytest

from contract.site.strict_json import decode

_VALUE = {"a": [1, {"b": "东门"}], "c": None}

_AMBIGUOUS = {
    "UTF-16": json.dumps(_VALUE).encode("utf-16"),
    "UTF-16 without a mark": json.dumps(_VALUE).encode("utf-16-le"),
    "UTF-32": json.dumps(_VALUE).encode("utf-32-be"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(_VALUE).encode(),
    "GB 18030": json.dumps(_VALUE, ensure_ascii=False).encode("gb18030"),
    "half a surrogate pair as bytes": b'{"a": "\xed\xa0\x80"}',
    "a key twice": b'{"a": 1, "b": 2, "a": 1}',
    "a key twice, deep, written in two ways": b'{"x": [{"a": 1, "\\u0061": 2}]}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "nested too deep": b"[" * 100_000 + b"]" * 100_000,
    "too many digits": b"1" * 10_000,
    "two values": b"{} {}",
    "nothing": b"",
}


@pytest.mark.parametrize("text", _AMBIGUOUS.values(), ids=_AMBIGUOUS.keys())
def test_what_two_readers_could_understand_differently_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)


@pytest.mark.parametrize("ascii_only", [False, True])
def test_json_in_utf_8_is_read(ascii_only: bool) -> None:
    assert decode(json.dumps(_VALUE, ensure_ascii=ascii_only).encode()) == _VALUE
