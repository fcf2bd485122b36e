"""The program airgrid-gateway."""

from host.start import start


def main() -> None:
    start("gateway.command.cli")


if __name__ == "__main__":
    main()
