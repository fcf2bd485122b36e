# The two checksums of the wire. Tables of 16 entries: two look-ups a byte, 16 small integers of RAM, no allocation.

_MODBUS = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip
_FRAME = (
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
)  # fmt: skip


def crc16_modbus(data: "bytes | bytearray | memoryview", crc: int = 0xFFFF) -> int:
    """CRC-16/MODBUS: polynomial 0xA001 reflected, initial 0xFFFF; low byte first on the wire (Modbus over Serial Line 1.02, 6.2.2)."""
    for byte in data:
        crc = (crc >> 4) ^ _MODBUS[(crc ^ byte) & 15]
        crc = (crc >> 4) ^ _MODBUS[(crc ^ (byte >> 4)) & 15]
    return crc


def crc16_frame(data: "bytes | bytearray | memoryview", crc: int = 0xFFFF) -> int:
    """CRC-16/IBM-3740 ("CCITT-FALSE"): polynomial 0x1021, initial 0xFFFF; high byte first on our serial link."""
    for byte in data:
        crc = ((crc << 4) & 0xFFFF) ^ _FRAME[(crc >> 12) ^ (byte >> 4)]
        crc = ((crc << 4) & 0xFFFF) ^ _FRAME[(crc >> 12) ^ (byte & 15)]
    return crc
