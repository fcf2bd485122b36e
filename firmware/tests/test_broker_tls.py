"""The pinned authority of TLS to the broker: on CPython's ssl, against a real listener with certificates made here."""

import datetime
import ipaddress
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from node import broker_tls

_FROM = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_TO = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


class Authority:
    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            self._builder(self.name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number()).not_valid_before(_FROM).not_valid_after(_TO)

    def issue(self, folder: Path, address: str) -> tuple[Path, Path]:
        """(certificate, key) of a server at this address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = self._builder(subject, key).add_extension(names, critical=False).add_extension(issuer, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        folder.mkdir(parents=True, exist_ok=True)
        paths = folder / "server.pem", folder / "server.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        return paths


def _shake_hands(server: tuple[Path, Path], pem: str, host: str) -> None:
    """Raises what the node's end raises."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(*server)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            connection.settimeout(10)
            try:
                listening.wrap_socket(connection, server_side=True).close()
            except OSError:  # the node refused it
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            with socket.create_connection(listener.getsockname(), timeout=10) as plain:
                broker_tls.context(pem).wrap_socket(plain, server_hostname=host).close()
        finally:
            thread.join()


def test_broker_of_the_pinned_authority_is_accepted(tmp_path: Path) -> None:
    authority = Authority("site")
    _shake_hands(authority.issue(tmp_path, "127.0.0.1"), authority.pem, "127.0.0.1")


def test_broker_of_another_authority_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(Authority("site").issue(tmp_path, "127.0.0.1"), Authority("site").pem, "127.0.0.1")


def test_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    authority = Authority("site")
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(authority.issue(tmp_path, "127.0.0.2"), authority.pem, "127.0.0.1")


def test_text_without_a_certificate_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        broker_tls.der("-----BEGIN")
