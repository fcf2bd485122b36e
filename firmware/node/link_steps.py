# Why a node is not linked, step by step, for the technician at its console: is there a Wi-Fi, an address, a broker, does the broker let it
# in, does the gateway answer. Loaded for one question (console.py); it changes nothing.

from node import mqtt

_CONNACK = {1: "another protocol", 2: "the name is refused", 3: "not available", 4: "wrong name or password", 5: "not allowed"}
_ERRNO = {104: "connection reset", 110: "no answer", 111: "no broker listens there", 101: "no way to it", 113: "no such host"}
_SILENT_RESENDS = 2
# mbedTLS numbers its errors below this one, resolvers theirs above it.
_MBEDTLS = -1000


def steps(carrier, session) -> list:
    """[[step, True or False or None, text], ...]: None where it did not come so far."""
    found: list = []
    for one in getattr(carrier, "carriers", {"": carrier}).values():
        found += _mqtt(one) if hasattr(one, "broker") else _serial(one)
    return found + [_gateway(carrier, session)]


def first_failure(found: list) -> str:
    """The first step that failed, in words; "" when none did."""
    for step, passed, text in found:
        if passed is False:
            return step + ": " + text
    return ""


def _serial(carrier) -> list:
    return [["wire", carrier.is_linked(), "polled" if carrier.is_linked() else "the gateway does not poll"]]


def _mqtt(carrier) -> list:
    found: list = []
    if carrier.network is not None:
        found += _wifi(carrier.network.wlan)
    joined = all(step[1] for step in found)
    address = "%s:%d" % (carrier.broker["host"], carrier.broker["port"])
    if carrier.is_linked():
        return found + [["broker", True, address], ["login", True, "subscribed"]]
    if not joined:
        return found + [["broker", None, address], ["login", None, "not tried"]]
    failure = carrier.failure
    if failure is None:
        return found + [["broker", None, address + ": under way"], ["login", None, "not tried"]]
    if isinstance(failure, tuple):
        return found + [["broker", True, address], _login(failure)]
    return found + [["broker", False, address + ": " + _opening(failure)], ["login", None, "not tried"]]


def _opening(failure) -> str:
    if failure == "tls":
        return "its certificate is not signed by the authority that is trusted"
    if failure == "silent":
        return "what is there does not speak MQTT"
    if not isinstance(failure, int):
        return str(failure)
    if failure < _MBEDTLS:
        return "TLS fails, error %d" % failure
    # Of a look-up every resolver gives negative numbers.
    return "this name is not known" if failure < 0 else _ERRNO.get(failure, "error %d" % failure)


def _login(answer: tuple) -> list:
    kind, code = answer
    if kind == mqtt.CONNACK and code:
        return ["login", False, _CONNACK.get(code, "refused, code %d" % code)]
    if kind == mqtt.SUBACK and code:
        return ["login", False, "may not subscribe"]
    return ["login", False, "the broker ended the link"]


def _wifi(wlan) -> list:
    if not wlan.isconnected():
        return [["wifi", False, _reason(wlan)], ["address", None, "none"]]
    signal = signal_dbm(wlan)
    address = wlan.ifconfig()[0]
    return [["wifi", True, "joined" if signal is None else "%d dBm" % signal], ["address", address != "0.0.0.0", address]]


def signal_dbm(wlan) -> "int | None":
    try:
        return wlan.status("rssi")
    except (OSError, ValueError, TypeError):  # not while it is away, and not every radio says it
        return None


def _reason(wlan) -> str:
    try:
        number = wlan.status()
    except OSError:
        return "the radio does not answer"
    import network

    for name in dir(network):
        if name.startswith("STAT_") and getattr(network, name) == number:
            return name[5:].lower().replace("_", " ")
    return "status %s" % number


def _gateway(carrier, session) -> list:
    waiting = "; %d items wait" % len(session.outbox)
    if not carrier.is_linked():
        return ["gateway", None, "not tried" + waiting]
    counters = session.counters
    if counters["taken"]:
        silent = session.outbox.resends >= _SILENT_RESENDS
        return ["gateway", not silent, ("no longer acknowledges" if silent else "acknowledges") + waiting]
    if counters["bad_mac"] or counters["no_seal"]:
        return ["gateway", False, "has another key for this node" + waiting]
    return ["gateway", False, "does not answer: does it run, and does it know this node?" + waiting]
