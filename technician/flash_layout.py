"""Where things are on a board's flash. Pure.

/boot.py /main.py             source: they start the rest, and a person with a terminal may read them
/a/node/... /a/contract/...   bytecode (.mpy), which needs no compiler and less RAM on the device; of boards/ only the board's own file

Where a board has a ROMFS partition, the application is an image there (rom_image.py) in the place of the files under /a.
"""

SLOT = "/a"
BOOT_FILES = ("boot.py", "main.py")


def application(files: dict[str, bytes]) -> dict[str, bytes]:
    """Of the files of a flash those that an image may hold, by the paths that they have in it."""
    return {path.removeprefix(SLOT): content for path, content in files.items() if path.startswith(SLOT + "/")}
