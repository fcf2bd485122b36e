# Whose word a session takes: the gateway's, sealed for this node and this type, and no other.

from contract import messages, topics
from contract.authentication import seal
from firmware.tests.far_end import KEY, NODE, sealed
from firmware.tests.test_session import BOOT, ROWS, SETTINGS, drain, started


def test_what_is_not_sealed_by_the_gateway_does_nothing():
    good = sealed("config", {"v": 9, "set": SETTINGS})
    cases = (
        ("no_seal", "config", b""),
        ("no_seal", "config", b"\x00\xff"),
        ("no_seal", "config", b'{"v":9,"set":{}}' + bytes(40)),
        ("bad_mac", "config", sealed("config", {"v": 9, "set": SETTINGS}, key=bytes(32))),
        ("bad_mac", "config", sealed("config", {"v": 9, "set": SETTINGS}, node="n-2")),
        ("bad_mac", "config", good[:-1] + (b"0" if good[-1:] != b"0" else b"1")),
        ("bad_mac", "config", b" " + good),
        ("bad_mac", "ack", good),
        ("bad_body", "config", sealed("config", {"v": -1, "set": SETTINGS})),
        ("bad_body", "config", sealed("config", {"v": 9})),
        ("bad_body", "ack", sealed("ack", {"b": BOOT, "r": [["a", 1]]})),
        ("unknown_type", "report", good),
        ("unknown_type", "", b""),
    )
    for reason, kind, payload in cases:
        session = started()
        taken = session.counters["taken"]
        assert session.handle(kind, payload, 100) is None, (reason, kind, payload)
        assert session.counters[reason] == 1, (reason, kind, payload)
        assert session.counters["taken"] == taken


def test_a_message_of_every_type_is_accepted_only_with_the_gateways_seal():
    for kind in messages.DOWN_TYPES:
        session = started()
        number = session.report(0, 1000, ROWS)
        question = next(body for name, body in drain(session, 700000) if name == "get")
        body = {
            "ack": {"b": BOOT, "r": [[0, 9]]},
            "time": {"b": BOOT, "k": question["k"], "u": 4000000000000, "e": 0},
            "config": {"v": 9, "set": SETTINGS},
            "do": {"b": BOOT, "k": 3, "w": "faster", "p": 1000, "d": 60000},
        }[kind]
        good = sealed(kind, body)
        other_type = "ack" if kind != "ack" else "config"
        before, taken = session._clock.utc(700010), session.counters["taken"]
        bad = (
            ("no_seal", good[:-33]),
            ("bad_mac", good[:-1] + (b"0" if good[-1:] != b"0" else b"1")),
            ("bad_mac", sealed(kind, body, key=bytes(32))),
            ("bad_mac", sealed(kind, body, node="n-2")),
            ("bad_mac", sealed(other_type, body)),
            ("bad_mac", seal(KEY, topics.UP, NODE, kind, messages.write(body))),
            ("bad_mac", messages.write(dict(body, x=1)) + good[-33:]),
        )
        for reason, payload in bad:
            count = session.counters[reason]
            assert session.handle(kind, payload, 700010) is None, (kind, reason, payload)
            assert session.counters[reason] == count + 1, (kind, reason, payload)
        assert session.counters["taken"] == taken, kind
        assert session._clock.utc(700010) == before, kind
        assert session.is_waiting(number), kind  # not acknowledged
        session.handle(kind, good, 700020)
        assert session.counters["taken"] == taken + 1, kind
