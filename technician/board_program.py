"""What runs on a board while a technician works on its flash: functions in MicroPython, sent once and called by name. Pure.

The node's watchdog goes on running while the technician holds the board, so every step feeds it. When the cable is pulled it
bites, and the node starts by itself.
"""

# Longer than a step takes, and not above the 8.388 s of an RP2040.
WATCHDOG_MS = 8000

PREPARE = f"""
import os, binascii, hashlib, machine
_dog = machine.WDT(timeout={WATCHDOG_MS})
def _walk(folder):
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            _walk(path)
        else:
            print(_hash(path), path)
def _hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            block = f.read(512)
            if not block:
                return digest.digest().hex()
            digest.update(block)
            _dog.feed()
def _folder(path):
    try:
        os.mkdir(path)
    except OSError as error:
        if error.errno != 17:
            raise
def _append(path, data):
    _dog.feed()
    with open(path, "ab") as f:
        f.write(binascii.a2b_base64(data))
def _forget(path):
    try:
        os.remove(path)
    except OSError:
        pass
def _prune(folder):
    for entry in os.ilistdir(folder):
        if entry[1] & 0x4000:
            _prune(folder + "/" + entry[0])
    _dog.feed()
    try:
        os.rmdir(folder)
    except OSError:
        pass
def _partition():
    try:
        import vfs
        found = vfs.rom_ioctl(2, 0)
        return found if hasattr(found, "ioctl") else None
    except (ImportError, AttributeError):
        return None
_rom = _partition()
def _rom_hash(count):
    digest = hashlib.sha256()
    view = memoryview(_rom)
    for at in range(0, count, 512):
        digest.update(view[at : min(count, at + 512)])
        _dog.feed()
    return digest.digest().hex()
def _rom_erase(count):
    import vfs
    try:
        vfs.umount("/rom")
    except OSError:
        pass
    block = _rom.ioctl(5, 0)
    for number in range((count + block - 1) // block):
        _rom.ioctl(6, number)
        _dog.feed()
def _rom_write(at, data):
    _dog.feed()
    block = _rom.ioctl(5, 0)
    _rom.writeblocks(at // block, binascii.a2b_base64(data), at % block)
"""

# One line of JSON, from a board of which nothing is known yet.
ASK = """
import sys, os
_w = False
try:
    import network
    _w = hasattr(network, "WLAN")
except ImportError:
    pass
_i = sys.implementation
try:
    _n = os.listdir("/")
except OSError:
    _n = []
import json
print(json.dumps([sys.platform, getattr(_i, "_machine", ""), list(_i.version)[:3], getattr(_i, "_mpy", 0), _w, _n]))
"""
