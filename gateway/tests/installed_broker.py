"""A real Mosquitto with the very files that `airgrid-gateway install` writes, on free ports of the loopback."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import aiomqtt

from contract.site import broker_access as contract_access
from gateway.broker import broker_access
from gateway.broker.password_file import write
from gateway.installation.install_plan import BROKER_FOLDER, GATEWAY_USER, Choices, plan
from gateway.tests.site import Broker, free_port, key_of
from host.installation.steps import File

PASSWORD = "secret of the site"


class InstalledBroker(Broker):
    """`port`: for nodes. `gateway_port`: for the gateway alone."""

    def __init__(self, folder: Path, nodes: Mapping[str, bytes]) -> None:
        super().__init__(folder)
        self.gateway_port = free_port()
        self._folder = folder
        choices = Choices(
            PurePosixPath("/bin/true"), "https://fleet.example", (), PASSWORD, "123456", mqtt_port=self.port, broker_port=self.gateway_port
        )
        self.files = {str(step.path): step.content for step in plan(choices) if isinstance(step, File)}
        (folder / broker_access.ACCESS).write_text(self.files[str(BROKER_FOLDER / broker_access.ACCESS)])
        self.let_in(nodes)
        user = "user root\n" if os.geteuid() == 0 else ""
        text = self.files["/etc/mosquitto/conf.d/airgrid.conf"].replace(str(BROKER_FOLDER), str(folder))
        # On one address: others of this machine may be using the same port.
        self._file.write_text(user + text.replace(f"listener {self.port}\n", f"listener {self.port} 127.0.0.1\n"))

    def let_in(self, nodes: Mapping[str, bytes]) -> None:
        write(self._folder, broker_access.passwords(GATEWAY_USER, PASSWORD, nodes))

    def log_to(self, file: Path) -> None:
        """To be called before the start."""
        self._file.write_text(f"{self._file.read_text()}log_dest file {file}\n")

    def read_again(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGHUP)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


def client(port: int, user: str | None, password: str | None, client_id: str | None = None) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, username=user, password=password, identifier=client_id, timeout=5)


def gateway_client(broker: InstalledBroker) -> aiomqtt.Client:
    return client(broker.gateway_port, GATEWAY_USER, PASSWORD)


def node_client(broker: Broker, node: str, client_id: str | None = None) -> aiomqtt.Client:
    return client(broker.port, node, contract_access.password(key_of(node)), client_id)
