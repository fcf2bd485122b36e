"""The device API as it stands on the wire: gateways in the field and the fleet are not updated together, so no word changes by itself."""

from typing import get_args

from contract.site import device_api
from contract.site import device_api_keys as keys

PATHS = ["/enrol", "/token", "/ingest", "/desired", "/reported", "/logs", "/artifacts"]


def test_paths_and_headers_are_those_of_version_1() -> None:
    assert device_api.PREFIX == "/device/v1"
    names = ("ENROL", "TOKEN", "INGEST", "DESIRED", "REPORTED", "LOGS", "ARTIFACTS")
    assert [getattr(device_api, name) for name in names] == PATHS
    assert (device_api.HAVE, device_api.WAIT) == ("have", "wait")
    assert (device_api.TIME_HEADER, device_api.RETRY_AFTER_HEADER) == ("Airgrid-Utc-Ms", "Retry-After")
    assert (device_api.AUTHORIZATION_HEADER, device_api.TOKEN_SCHEME) == ("Authorization", "Bearer ")
    assert device_api.PROBLEM_TYPE == "application/problem+json"


def test_words_are_those_of_version_1() -> None:
    assert device_api.STATUSES == ("accepted", "duplicate", "refused")
    assert list(device_api.ITEM_REFUSALS) == ["unknown_node", "not_of_this_gateway", "bad_item"]
    assert list(device_api.PART_REFUSALS) == ["bad_anchor", "bad_tombstone", "bad_position", "bad_summary"]
    assert list(device_api.DATINGS) == ["node", "anchor", "bounds"]
    assert list(device_api.TRIAL_STATES) == ["on_trial", "kept", "returned", "refused"]


def test_types_list_the_words_of_their_tables() -> None:
    assert get_args(device_api.Dating) == tuple(device_api.DATINGS)
    assert get_args(device_api.TrialState) == tuple(device_api.TRIAL_STATES)


def test_a_version_fits_the_columns_and_counters_of_both_ends() -> None:
    assert device_api.MAX_VERSION == 2**31 - 1


def test_keys_are_those_of_version_1() -> None:
    assert keys.BATCH == ("items", "anchors", "dropped")
    assert keys.ITEM == ("node", "boot", "seq", "kind", "arrived_ms", "time", "body", "position")
    assert keys.ITEM_TIME == ("how", "start_ms", "error_ms")
    assert keys.ANCHOR == ("node", "boot", "offset_ms", "error_ms")
    assert keys.DROPPED_RANGE == ("node", "boot", "from", "to", "why")
    assert keys.INGEST_ANSWER == ("results", "dropped", "utc_ms")
    assert keys.RESULT == ("status", "reason", "detail")
    assert (keys.CODE, keys.LINES) == ("code", "lines")
    assert keys.ENROLMENT == ("gateway", "token", "config_keys", "utc_ms")
    assert keys.CONFIG_KEY == ("id", "ed25519")
    assert keys.NEW_TOKEN == ("token", "utc_ms")
    assert keys.SIGNED == ("document", "key_id", "signature")
    assert keys.REPORT == ("version", "ok", "state", "in_force", "faults", "counters", "boot", "seq")
    assert keys.LOG_LINE == ("at_ms", "node", "level", "text")
