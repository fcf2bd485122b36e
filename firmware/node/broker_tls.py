# TLS to the broker: the one authority that provisioning pinned is trusted, and no other. Imported only when used.
#
# mbedTLS on ESP32 and RP2 is built without MBEDTLS_HAVE_TIME_DATE or compares with a clock that nobody has set: the validity dates of
# a certificate are not a protection there. A node learns the time only from the gateway behind this very connection. A key that
# leaked is answered by a new authority and a new provisioning, not by an expiry.

from binascii import a2b_base64

try:
    import tls  # what MicroPython's ssl wraps; that wrapper is not with every interpreter

    def _trust(context, authority: bytes) -> None:
        context.load_verify_locations(authority)

except ImportError:  # CPython
    import ssl as tls  # type: ignore[no-redef,unused-ignore]

    def _trust(context, authority: bytes) -> None:
        context.load_verify_locations(cadata=authority)


_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def der(pem: str) -> bytes:
    """The bytes of the first certificate. Raises ValueError when the file has no certificate."""
    start = pem.find(_BEGIN)
    end = pem.find(_END)
    if start < 0 or end < start:
        raise ValueError("no certificate")
    return a2b_base64("".join(pem[start + len(_BEGIN) : end].split()))


def context(pem: str) -> tls.SSLContext:
    """Raises ValueError when the certificate cannot be read."""
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    made.verify_mode = tls.CERT_REQUIRED  # type: ignore[attr-defined,unused-ignore]  # the stubs lack it
    _trust(made, der(pem))
    return made
