"""Every way in which an exchange with the fleet fails, as one sentence that says what to do: `fault -> advice`. Status, doctor, log and
enrolment show it as it is, so it holds no words of a library, no page of a proxy, and nothing that differs from one try to the next."""

import errno
import ssl
from os import strerror

import aiohttp

from contract.site import device_api
from gateway.errors import CHECK_URL, NEW_CODE, AnswerError, FleetError
from gateway.uplink.fleet_answers import read_object
from gateway.uplink.tls import refusal

_MOST_TEXT = 300
_CHECK = "check the network of this site and [fleet] url; does the fleet service run?"
_AGAIN = "it is tried again; if it goes on: "
_LOOK_AT_FLEET = "look at the log of the fleet service, and of a proxy before it"
_HTTPS = "does [fleet] url begin with https:// where the fleet wants TLS, and with http:// where it does not?"


def broken_exchange(error: aiohttp.ClientError | OSError | ValueError, where: str) -> FleetError:
    """`where`: host and port of the fleet. What aiohttp raises, its classes from the special to the general."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return FleetError(_certificate_fault(error))
    if isinstance(error, aiohttp.ClientSSLError):
        return FleetError(f"{where}: no TLS connection{_tls_reason(error.os_error)} -> {_HTTPS}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        text = f"nothing knows the name {error.host} -> check the network and the DNS of this site, and [fleet] url"
        return FleetError(text, unreachable=True)
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error.os_error, ConnectionResetError | ConnectionAbortedError):
        return FleetError(f"{where} takes no connection{_system_reason(error.os_error)} -> {_CHECK}", unreachable=True)
    if isinstance(error, TimeoutError):
        return FleetError(f"{where} gives no answer in time -> {_CHECK}")
    if isinstance(error, aiohttp.ClientPayloadError):
        return FleetError(f"the answer of {where} was cut short or damaged -> {_AGAIN}{_LOOK_AT_FLEET}")
    if isinstance(error, aiohttp.ClientResponseError | ValueError):
        return FleetError(f"what answers at {where} does not speak HTTP -> {_HTTPS}")
    return FleetError(f"{where} broke the connection before it answered -> {_AGAIN}{_CHECK} {_HTTPS}")


def connection_timeout(where: str, *, accepts: bool) -> FleetError:
    """`accepts`: what is there takes connections, so that it was the handshake of TLS that did not end."""
    if accepts:
        return FleetError(f"{where} takes a connection, and does not complete TLS in time -> {_CHECK}")
    return FleetError(f"{where} takes no connection in time -> {_CHECK}", unreachable=True)


def refused_request(status: int, media_type: str, answer: bytes, where: str, location: str, *, has_token: bool) -> str:
    """The sentence for an answer whose status is not a success. `location`: of a redirection."""
    if 300 <= status < 400:
        advice = "write the address of the fleet service itself into [fleet] url; on a network with a login page: log in there"
        return f"HTTP {status}: {where} redirects to {_in_one_line(location) or 'nowhere'} -> {advice}"
    if media_type == device_api.PROBLEM_TYPE:
        return _refused_by_fleet(status, answer, has_token)
    if status >= 500 or status in device_api.OVERLOADED_STATUSES:
        return f"HTTP {status} of {where}, without the words of the fleet -> {_AGAIN}{_LOOK_AT_FLEET}"
    return f"HTTP {status}: what answers at {where} is not the fleet service -> {CHECK_URL}"


def _refused_by_fleet(status: int, answer: bytes, has_token: bool) -> str:
    if status == device_api.UNKNOWN_TOKEN_STATUS and has_token:
        return f"the fleet refuses the token of this gateway -> {NEW_CODE}"
    if status == device_api.UNKNOWN_CODE_STATUS:
        return "the code is wrong, used or expired -> ask an administrator for a new one"
    detail = _detail(answer)
    if status in device_api.OVERLOADED_STATUSES:
        return f"the fleet is busy (HTTP {status}{detail}) -> {_AGAIN}{_LOOK_AT_FLEET}"
    return f"HTTP {status}{detail} -> {CHECK_URL if status == 404 else _LOOK_AT_FLEET}"


def _detail(answer: bytes) -> str:
    """Of a problem (RFC 9457), its arrow taken: there is one in each sentence."""
    try:
        problem = read_object(answer)
    except AnswerError:
        return ""
    text = _in_one_line(str(problem.get("detail") or problem.get("title") or ""))
    return f": {text.replace(' -> ', ': ')}" if text else ""


def _certificate_fault(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    return refusal(cause) if isinstance(cause, ssl.SSLCertVerificationError) else f"certificate of the fleet refused -> {_HTTPS}"


def _tls_reason(error: OSError) -> str:
    """OpenSSL's, without its numbers and places."""
    reason = error.reason if isinstance(error, ssl.SSLError) else ""
    return f" ({reason.replace('_', ' ').lower()})" if reason else ""


def _system_reason(error: OSError) -> str:
    return f" ({strerror(error.errno)})" if error.errno is not None and error.errno in errno.errorcode else ""


def _in_one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_MOST_TEXT]
