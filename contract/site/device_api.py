"""The device API: what gateways and the fleet service agree on, over HTTPS and JSON. Paths, headers, limits, and the words of its answers.

The keys of its documents are in device_api_keys.py. Both ends and every stand-in import these two files; a word or a number of the API
stands nowhere else (hil_tests/tests/test_device_api_words.py). CPython only: a node never speaks this language.

    gateway                                            fleet
      POST /device/v1/enrol      one-time code     ->   identity: name, token, pinned keys
      POST /device/v1/ingest     batch, gzip       ->   one result an item, after the commit
      GET  /device/v1/desired    ?have=V&wait=S    ->   200 a signed document greater than V, or 304
      POST /device/v1/reported   what is in force  ->   204
      POST /device/v1/logs       lines of nodes    ->   204
      POST /device/v1/token      {}                ->   the next token; the one in use holds until that is used
      GET  /device/v1/artifacts/{sha256}           ->   200, or 206 for a Range
"""

from typing import Final, Literal

from contract import values

PREFIX: Final = "/device/v1"
ENROL: Final = "/enrol"
TOKEN: Final = "/token"
INGEST: Final = "/ingest"
DESIRED: Final = "/desired"
REPORTED: Final = "/reported"
LOGS: Final = "/logs"
ARTIFACTS: Final = "/artifacts"  # / and the SHA-256 of one, in hex

# Query parameters of DESIRED: the version that the gateway has, and for how many seconds the fleet may hold the question.
HAVE: Final = "have"
WAIT: Final = "wait"

TIME_HEADER: Final = "Airgrid-Utc-Ms"  # UTC in ms: of every answer the fleet's clock, of a delivery that of the site
AUTHORIZATION_HEADER: Final = "Authorization"
TOKEN_SCHEME: Final = "Bearer "
RETRY_AFTER_HEADER: Final = "Retry-After"  # RFC 9110, 10.2.3; with 429 and 503
ANSWER_TYPE: Final = "application/json"  # of every answer that has a body
PROBLEM_TYPE: Final = "application/problem+json"  # RFC 9457; what answers otherwise is not the fleet, but something on the way

# A whole batch that the fleet itself answers with one of these is not accepted however often it is sent.
NEVER_ACCEPTED_STATUSES: Final = (400, 413, 422)
OVERLOADED_STATUSES: Final = (429, 503)
UNKNOWN_TOKEN_STATUS: Final = 401
UNKNOWN_CODE_STATUS: Final = 403  # of ENROL

MAX_BATCH_ITEMS: Final = 1000  # of items, of anchors and of dropped ranges, each; beyond: 413
MAX_INGEST_BYTES: Final = 4 << 20  # after gzip; beyond: 413
MAX_BODY_BYTES: Final = 1 << 20  # of every other request; beyond: 413
MAX_ANSWER_BYTES: Final = 16 << 20  # that a gateway reads of one answer
MAX_VERSION: Final = values.MAX_SEQ  # of a desired document; a greater `have` is 422
MAX_VERSIONS_AHEAD: Final = values.MAX_VERSIONS_AHEAD
MAX_WAIT_S: Final = 600  # beyond: 422
MAX_LOG_LINES: Final = 1000
MAX_TEXT_CHARACTERS: Final = 1000  # of a log line, and of a fault
MAX_REPORTED_FAULTS: Final = 200
MAX_REPORTED_COUNTERS: Final = 500
MAX_WHY_CHARACTERS: Final = 200  # of a dropped range
MAX_DETAIL_CHARACTERS: Final = 200  # of a refusal

# Of one item. An item that is accepted or duplicate is committed.
ACCEPTED: Final = "accepted"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"
COMMITTED: Final = (ACCEPTED, DUPLICATE)
STATUSES: Final = (*COMMITTED, REFUSED)

# Why an item is refused, or one of what came with it is not recorded: reason -> meaning.
UNKNOWN_NODE: Final = "unknown_node"
NOT_OF_THIS_GATEWAY: Final = "not_of_this_gateway"
BAD_ITEM: Final = "bad_item"
BAD_ANCHOR: Final = "bad_anchor"
BAD_TOMBSTONE: Final = "bad_tombstone"
BAD_POSITION: Final = "bad_position"
BAD_SUMMARY: Final = "bad_summary"
ITEM_REFUSALS: Final = {
    UNKNOWN_NODE: "no node of that name is registered",
    NOT_OF_THIS_GATEWAY: "the node is, and was, deployed at other gateways only",
    BAD_ITEM: "the item is not of its type; `detail` says where",
}
# The item itself is accepted.
PART_REFUSALS: Final = {
    BAD_ANCHOR: "an anchor is invalid, or of a node of another gateway",
    BAD_TOMBSTONE: "a dropped range is invalid, or of a node of another gateway",
    BAD_POSITION: "the position of an item is invalid",
    BAD_SUMMARY: "a summary is invalid, or not of the gateway's own station",
}

# How the time of an item is known.
BY_NODE: Final = "node"
BY_ANCHOR: Final = "anchor"
BY_BOUNDS: Final = "bounds"
Dating = Literal["node", "anchor", "bounds"]
DATINGS: Final = {
    BY_NODE: "by the node's own clock",
    BY_ANCHOR: "by an anchor of its boot",
    BY_BOUNDS: "by bounds only: the middle of them, and half their distance as error",
}

# What became of a desired document on the gateway.
ON_TRIAL: Final = "on_trial"
KEPT: Final = "kept"
RETURNED: Final = "returned"
# REFUSED is a trial state too.
TrialState = Literal["on_trial", "kept", "returned", "refused"]
TRIAL_STATES: Final = {
    ON_TRIAL: "in force until it has proved itself",
    KEPT: "in force",
    RETURNED: "it did not prove itself: the last good one is in force again; the faults say why",
    REFUSED: "never in force; the faults say why",
}
