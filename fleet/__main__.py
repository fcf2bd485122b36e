"""The program airgrid-fleet."""

from host.start import start


def main() -> None:
    start("fleet.cli")


if __name__ == "__main__":
    main()
