"""Which certificates of a fleet the gateway trusts: those of the authorities of the system, or of one file."""

import logging
import ssl

from gateway.configuration import FleetSection

_LOG = logging.getLogger(__name__)
# OpenSSL, x509_vfy.h: what is wrong -> what to do
_NOT_YET, _EXPIRED, _WRONG_NAME, _WRONG_ADDRESS = 9, 10, 62, 64
_ADVICE = {
    _NOT_YET: "is this machine's clock right? else wait, or look at the certificate",
    _EXPIRED: "renew the certificate of the fleet; is this machine's clock right?",
    _WRONG_NAME: "write the name that is in the certificate into [fleet] url",
    _WRONG_ADDRESS: "write the name that is in the certificate into [fleet] url",
}
_UNKNOWN_AUTHORITY = "name the certificate of its authority by [fleet] ca_file, or does something intercept the connection?"


def fleet_context(section: FleetSection) -> ssl.SSLContext:
    """With a file that cannot be read no fleet is trusted: everything waits in the buffer, and `status` says why."""
    try:
        return ssl.create_default_context(cafile=section.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        _LOG.error("fleet.ca_file cannot be used: no fleet is trusted", extra={"file": section.ca_file, "reason": str(error)})
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def refusal(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with the fleet's certificate, and what to do."""
    return f"certificate of the fleet refused: {error.verify_message} -> {_ADVICE.get(error.verify_code, _UNKNOWN_AUTHORITY)}"
