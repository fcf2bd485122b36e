"""NMEA of a GPS receiver: whole, byte by byte, with garbage, and hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.site.gps_positions import MAX_LAT_E7, MAX_LON_E7
from gateway.sources.nmea import NO_FIX, Fix, NmeaDecoder, degrees_e7, sentence


def sealed(body: str) -> bytes:
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode()


def gga(time: str = "092725.00", place: str = "3114.27360,N,12128.53520,E", fix: str = "1", talker: str = "GN") -> bytes:
    return sealed(f"{talker}GGA,{time},{place},{fix},08,1.01,12.6,M,8.0,M,,")


def rmc(time: str = "092725.00", valid: str = "A", knots: str = "16.2", talker: str = "GN") -> bytes:
    return sealed(f"{talker}RMC,{time},{valid},3114.27360,N,12128.53520,E,{knots},77.52,091226,,,A")


HERE = Fix(312378933, 1214755867, 8334, "gps", 101)
GSV = sealed("GPGSV,3,1,10,23,38,230,44,29,71,156,47,07,29,116,41,08,09,081,36")

CASES: dict[str, tuple[bytes, list[Fix]]] = {
    "both of one time": (gga() + rmc(), [HERE]),
    "in the other order": (rmc() + gga(), [HERE]),
    "of different times": (gga("092725.00") + rmc("092726.00"), []),
    "of BeiDou alone": (gga(talker="BD") + rmc(talker="BD"), [HERE]),
    "with others between": (gga() + GSV + rmc(), [HERE]),
    "no fix": (gga(place=",,,", fix="0") + rmc(valid="V", knots=""), [NO_FIX]),
    "a place that RMC does not stand by": (gga() + rmc(valid="V"), [NO_FIX]),
    "a quality that nobody knows": (gga(fix="9") + rmc(), [NO_FIX]),
    "south and west": (gga(place="3114.27360,S,12128.53520,W") + rmc(), [HERE.__class__(-312378933, -1214755867, 8334, "gps", 101)]),
    "north of the pole": (gga(place="9100.00000,N,12128.53520,E") + rmc(), [NO_FIX]),
    "sixty minutes": (gga(place="3160.00000,N,12128.53520,E") + rmc(), [NO_FIX]),
    "standing, without a speed": (gga() + rmc(knots=""), [Fix(312378933, 1214755867, 0, "gps", 101)]),
    "faster than anything on wheels": (gga() + rmc(knots="5000"), [NO_FIX]),
    "a wrong checksum": (gga().replace(b"1.01", b"1.02") + rmc(), []),
    "no checksum": (gga()[:-5] + b"\r\n" + rmc(), []),
}


def decoded(data: bytes, at_once: int) -> list[Fix]:
    decoder = NmeaDecoder()
    fixes = []
    for at in range(0, len(data), at_once):
        decoder.feed(data[at : at + at_once])
        while (fix := decoder.next_fix()) is not None:
            fixes.append(fix)
    return fixes


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
@pytest.mark.parametrize(("data", "fixes"), CASES.values(), ids=CASES)
def test_sentences_become_fixes(data: bytes, fixes: list[Fix], at_once: int) -> None:
    assert decoded(data, at_once) == fixes


@pytest.mark.parametrize("noise", [b"\x00\xff\x00", b"$GPGGA,0927", b"\r\n\r\n", b"*5B\r\n", b"$$$", b"\xb5\x62\x01\x07\x5c\x00"])
def test_garbage_before_between_and_after_costs_only_what_it_touches(noise: bytes) -> None:
    data = noise + gga() + rmc() + noise + b"\r\n" + gga("092726.00") + rmc("092726.00") + noise
    assert decoded(data, 3) == [HERE, HERE]


def test_an_endless_line_is_given_up() -> None:
    decoder = NmeaDecoder()
    decoder.feed(b"$" + b"x" * 5000)
    decoder.feed(b"\r\n" + gga() + rmc())
    assert decoder.next_fix() == HERE and decoder.counters["rejected"] == 1


@given(st.binary(max_size=300))
def test_no_bytes_bring_it_down_or_make_a_place_of_nothing(data: bytes) -> None:
    decoder = NmeaDecoder()
    decoder.feed(data)
    assert decoder.next_fix() is None
    decoder.feed(b"\r\n" + gga() + rmc())
    assert decoder.next_fix() == HERE


@given(st.lists(st.text("0123456789.,-+NSEWAV ", max_size=12), min_size=9, max_size=14))
def test_fields_that_are_anything_make_a_place_on_earth_or_none(fields: list[str]) -> None:
    decoder = NmeaDecoder()
    decoder.feed(sealed("GPGGA," + ",".join(fields)) + sealed("GPRMC," + ",".join(fields)))
    while (fix := decoder.next_fix()) is not None:
        assert abs(fix.lat_e7) <= MAX_LAT_E7 and abs(fix.lon_e7) <= MAX_LON_E7 and fix.speed_mm_s >= 0


@given(st.integers(0, 89), st.integers(0, 59_999_999))
def test_degrees_round_to_a_centimetre(degrees: int, micro_minutes: int) -> None:
    text = f"{degrees:02d}{micro_minutes // 1_000_000:02d}.{micro_minutes % 1_000_000:06d}"
    found = degrees_e7(text, "N", "NS", MAX_LAT_E7)
    assert found is not None and abs(found - (degrees * 10**7 + micro_minutes / 6)) <= 0.5 + 1e-6


def test_the_checksum_is_that_of_the_standard() -> None:
    assert sentence(b"$GPGLL,3751.65,S,14507.36,E*77") is not None
