"""The certificate that `install` is given: read, and tried with its key before anything is written."""

import ssl
from pathlib import Path

from fleet.errors import ConfigurationError


def read_pair(certificate: Path | None, key: Path | None) -> tuple[str, str] | None:
    """Contents of both, PEM; None: there is none. Raises ConfigurationError when one is missing or they do not fit."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError(["--certificate and --key come together: both are files, PEM"])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_refuse_passphrase)
        return certificate.read_text(encoding="ascii"), key.read_text(encoding="ascii")
    except (ssl.SSLError, ValueError) as error:
        why = "a passphrase protects the key" if isinstance(error, ValueError) else str(error.reason or error)
        fault = f"{certificate} and {key} are no pair of certificate and key: {why} -> both must be PEM, the key without a passphrase"
        raise ConfigurationError([fault]) from error
    except OSError as error:
        raise ConfigurationError([str(error)]) from error


def _refuse_passphrase() -> str:
    raise ValueError("passphrase")
