# Which board this is: picks the file of boards/ whose tables the rest reads. What identity.json names counts more than what the
# interpreter says of itself, because modules of one chip are wired in many ways.

# (text in os.uname().machine or sys.platform, board), the most particular first
_SIGNS = (
    ("ESP32S3", "esp32s3"),
    ("ESP32", "esp32"),
    ("esp32", "esp32"),
    ("RP2350", "pico2_w"),
    ("RP2040", "pico_w"),
    ("rp2", "pico_w"),
    ("linux", "virtual"),
)


def board_name(machine: str, platform: str, chosen: "str | None") -> str:
    if chosen:
        return chosen
    for text in (machine, platform):
        for sign, name in _SIGNS:
            if sign in text:
                return name
    return "virtual"


def load(name: str):
    """The module of boards/. Raises ImportError when no module has this name."""
    return __import__("node.boards." + name, None, None, ("NAME",))
