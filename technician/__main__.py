"""The program airgrid-node."""

from host.start import start


def main() -> None:
    start("technician.cli")


if __name__ == "__main__":
    main()
