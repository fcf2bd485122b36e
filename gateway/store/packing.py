"""Bodies of items as the disk keeps them when few come at once: the same bytes, packed to half. Pure.

A packed body is a mark and a raw deflate stream (RFC 1951) over a dictionary of what reports have in common, so that one of 200 bytes has
something to refer to. The mark is the version of the dictionary; JSON never begins with it. A corrupted body is returned as it is.
"""

import zlib

MARK = b"\x01"
# Never to be changed: bodies packed with it lie on cards. Another one needs another mark.
_DICTIONARY = (
    b'{"k":"threshold","a":{"rule":"","state":"raise","value":,"hw":"esp32","fw":"","mp":"","rc":"power_on","sn":['
    b"[1,30,0,10,[1,31,0,10,[1,32,0,10,[1,20,0,10,[1,21,0,10,[1,22,0,10,[2,30,0,10,[2,40,0,10,[2,41,0,10,"
    b"[0,1,0,10,[0,2,0,10,[0,3,0,10,[0,7,0,10,[0,9,0,10,[0,10,0,10,[0,11,0,10,[0,12,0,10,[0,20,0,10,[0,21,0,10,[0,22,0,10,"
    b"[1,5,0,10,1,1,1],[1,6,0,10,10,10,10],[1,8,0,10,100,100,100],[1,40,0,10,2000,2000,2000],[1,41,0,10,5000,5000,5000],"
    b'],[0,30,0,10,1000,1000,1000],[0,40,0,10,2000,2000,2000],[0,41,0,10,5000,5000,5000]],"u":17,"u":18,"e":50}'
    b'{"e":,"u":18,"s":1000,"q":10,"d":60000,"d":10000,"c":1,"c":0,"ch":[[0,5,0,10,100,100,100],[0,6,0,10,200,200,200],[0,8,0,10,'
)
_MOST_BYTES = 1 << 20  # of a corrupted stream, too
_WINDOW_BITS = -11
_MEMORY_LEVEL = 5


def packed(body: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    return MARK + deflate.compress(body) + deflate.flush()


def unpacked(body: bytes) -> bytes:
    """Of what was not packed, itself."""
    if body[:1] != MARK:
        return body
    inflate = zlib.decompressobj(_WINDOW_BITS, _DICTIONARY)
    try:
        whole = inflate.decompress(body[1:], _MOST_BYTES)
    except zlib.error:
        return body
    return whole if inflate.eof else body
