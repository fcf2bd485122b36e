"""Which certificates of a fleet are believed: a real TLS server, certificates of our own authority, real handshakes."""

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.configuration import FleetSection
from gateway.errors import FleetError
from gateway.factories import fleet_api, fleet_session
from gateway.tests.conftest import Site, until
from gateway.tests.parts import make_site
from gateway.tests.site import items, report

_DAY = timedelta(days=1)


class Authority:
    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._builder(self._name, -_DAY, 9 * _DAY, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        own = own.add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
        own = own.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), False)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def context(self, begins: timedelta, ends: timedelta, address: str) -> ssl.SSLContext:
        """Of a server with a certificate that holds between the two, from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        built = self._builder(x509.Name([]), begins, ends, key).add_extension(names, True)
        pair = self._folder / "server.pem"
        certificate = built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        pair.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair)
        return context

    def _builder(self, subject: x509.Name, begins: timedelta, ends: timedelta, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        built = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number(), now + begins, now + ends)
        # Since Python 3.13 no certificate is believed without it.
        return built.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "district")


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[ssl.SSLContext], "object"]]:
    runners: list[web.AppRunner] = []

    async def begin(context: ssl.SSLContext) -> str:
        app = web.Application()
        app.router.add_post("/device/v1/logs", _taken)
        runner = web.AppRunner(app, access_log=None)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return f"https://127.0.0.1:{runner.addresses[0][1]}"

    yield begin
    for runner in runners:
        await runner.cleanup()


async def _taken(request: web.Request) -> web.Response:
    return web.Response(status=204)


async def _ask(url: str, ca_file: Path | str) -> None:
    section = FleetSection(url=url, ca_file=str(ca_file), timeout_s=5)
    async with fleet_session(section) as session:
        await fleet_api(session, section, "token", make_site(), Random(1)).logs([])


async def test_a_fleet_that_the_named_authority_vouches_for_is_believed(authority: Authority, serve: Any) -> None:
    await _ask(await serve(authority.context(-_DAY, _DAY, "127.0.0.1")), authority.file)


@pytest.mark.parametrize(
    ("begins", "ends", "address", "told"),
    [
        (-9 * _DAY, -_DAY, "127.0.0.1", "certificate has expired -> renew the certificate"),
        (_DAY, 2 * _DAY, "127.0.0.1", "not yet valid -> is this machine's clock right"),
        (-_DAY, _DAY, "127.0.0.2", "-> write the name that is in the certificate"),
    ],
    ids=["expired", "not yet valid", "of another name"],
)
async def test_a_certificate_that_does_not_hold_is_refused_with_advice(
    authority: Authority, serve: Any, begins: timedelta, ends: timedelta, address: str, told: str
) -> None:
    url = await serve(authority.context(begins, ends, address))
    with pytest.raises(FleetError) as caught:
        await _ask(url, authority.file)
    assert told in caught.value.reason
    assert not caught.value.unreachable, "a handshake is no cheap probe"


@pytest.mark.parametrize("believed", ["the system's", "another", "a file that is not there", "a file of nonsense"])
async def test_a_fleet_of_an_authority_that_is_not_believed_is_refused(
    authority: Authority, tmp_path: Path, serve: Any, believed: str
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    files = {
        "another": Authority(tmp_path, "other").file,
        "a file that is not there": tmp_path / "none.pem",
        "a file of nonsense": nonsense,
    }
    url = await serve(authority.context(-_DAY, _DAY, "127.0.0.1"))
    with pytest.raises(FleetError) as caught:
        await _ask(url, files.get(believed, ""))
    assert "[fleet] ca_file" in caught.value.reason


@pytest.mark.hil
async def test_while_the_certificate_is_expired_reports_are_taken_and_wait_and_the_error_says_what_to_do(
    site: Site, authority: Authority
) -> None:
    await site.start_with("n-1")
    await site.stop()
    await site.fleet.stop()
    site.fleet.tls = authority.context(-9 * _DAY, -_DAY, "127.0.0.1")
    await site.fleet.start()
    gateway = await site.start(fleet={"ca_file": str(authority.file)})
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    await until(lambda: gateway.counters["uplink.failures"] > 1, "refused, and tried again")
    errors = await gateway.writer.call(lambda store: store.connection.execute("SELECT text FROM errors").fetchall())
    assert any("certificate has expired -> renew" in text for (text,) in errors) or any(
        "certificate has expired" in line.text for line in gateway.errors.pop_all()
    )
    assert site.fleet.items == {}
    await site.fleet.stop()
    site.fleet.tls = authority.context(-_DAY, _DAY, "127.0.0.1")
    await site.fleet.start()
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
