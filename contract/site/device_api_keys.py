"""The keys of the documents that gateways and the fleet service exchange (device_api.py), document by document.

A key that several documents have stands once, at the first of them.
"""

from typing import Final

# POST ingest.
ITEMS: Final = "items"
ANCHORS: Final = "anchors"  # absent when there are none
DROPPED: Final = "dropped"  # absent when there are none; in the answer how many of them were read
BATCH: Final = (ITEMS, ANCHORS, DROPPED)

# One item.
NODE: Final = "node"
BOOT: Final = "boot"
SEQ: Final = "seq"
KIND: Final = "kind"
ARRIVED_MS: Final = "arrived_ms"  # at the gateway, by its clock
TIME: Final = "time"
BODY: Final = "body"  # as the node wrote it
POSITION: Final = "position"  # of mobile sites; contract.site.gps_positions
ITEM: Final = (NODE, BOOT, SEQ, KIND, ARRIVED_MS, TIME, BODY, POSITION)

# Its time.
HOW: Final = "how"
START_MS: Final = "start_ms"
ERROR_MS: Final = "error_ms"
ITEM_TIME: Final = (HOW, START_MS, ERROR_MS)

# An anchor: UTC = uptime + offset_ms, within error_ms, for the whole of that boot.
OFFSET_MS: Final = "offset_ms"
ANCHOR: Final = (NODE, BOOT, OFFSET_MS, ERROR_MS)

# A dropped range: items that a node or its gateway gave up, and why. Both ends belong to it.
FROM: Final = "from"
TO: Final = "to"
WHY: Final = "why"
DROPPED_RANGE: Final = (NODE, BOOT, FROM, TO, WHY)

# The answer: one result for each item, in order.
RESULTS: Final = "results"
UTC_MS: Final = "utc_ms"
INGEST_ANSWER: Final = (RESULTS, DROPPED, UTC_MS)
STATUS: Final = "status"
REASON: Final = "reason"  # of a refusal
DETAIL: Final = "detail"  # of bad_item
RESULT: Final = (STATUS, REASON, DETAIL)

# POST enrol and POST token.
CODE: Final = "code"
GATEWAY: Final = "gateway"
TOKEN: Final = "token"
CONFIG_KEYS: Final = "config_keys"
ENROLMENT: Final = (GATEWAY, TOKEN, CONFIG_KEYS, UTC_MS)
ID: Final = "id"
ED25519: Final = "ed25519"  # the public key, 32 bytes in hex
CONFIG_KEY: Final = (ID, ED25519)
NEW_TOKEN: Final = (TOKEN, UTC_MS)

# GET desired: the signature is over the canonical bytes of the document.
DOCUMENT: Final = "document"
KEY_ID: Final = "key_id"
SIGNATURE: Final = "signature"
SIGNED: Final = (DOCUMENT, KEY_ID, SIGNATURE)

# POST reported.
VERSION: Final = "version"
OK: Final = "ok"
FAULTS: Final = "faults"
COUNTERS: Final = "counters"
STATE: Final = "state"  # of that version
IN_FORCE: Final = "in_force"  # the version that the gateway runs on
# BOOT and SEQ: which run of the gateway's program reports, and the number of the report in it: one that comes late is known as such.
REPORT: Final = (VERSION, OK, STATE, IN_FORCE, FAULTS, COUNTERS, BOOT, SEQ)

# POST logs.
LINES: Final = "lines"
AT_MS: Final = "at_ms"
LEVEL: Final = "level"
TEXT: Final = "text"
LOG_LINE: Final = (AT_MS, NODE, LEVEL, TEXT)
