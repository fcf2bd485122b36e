# The id of this boot: 8 hex digits of a counter in flash, then 8 random ones. The counter makes ids sort by age and never repeat; the
# random half keeps that true after a wiped flash, and when the flash refuses the write. One write a boot.

PATH = "/boot"


def next_boot_id(pair, urandom) -> tuple:
    """(id, whether the counter was stored). pair: a stored_pair.StoredPair."""
    found = pair.read()
    count = ((found[0] if found else 0) + 1) & 0xFFFFFFFF
    stored = True
    try:
        pair.write(count, b"")
    except OSError:
        stored = False
    return "%08x" % count + urandom(4).hex(), stored
