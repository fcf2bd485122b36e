"""The structures that the fleet decodes by and answers with have the keys of the contract, all of them and no other."""

import pytest
from pydantic import BaseModel

from contract.site import device_api_keys as keys
from fleet.api.device import desired, enrolment, ingest, reports
from fleet.record.ingest import items


@pytest.mark.parametrize(
    ("struct", "names"),
    [
        (items._Batch, keys.BATCH),
        (items._Envelope, keys.ITEM),
        (items._Dating, keys.ITEM_TIME),
        (items.Anchor, keys.ANCHOR),
        (items.Tombstone, keys.DROPPED_RANGE),
    ],
)
def test_a_structure_of_ingest_has_the_keys_of_the_contract(struct: type, names: tuple[str, ...]) -> None:
    assert struct.__struct_encode_fields__ == names  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (enrolment.EnrolRequest, (keys.CODE,)),
        (enrolment.Enrolment, keys.ENROLMENT),
        (enrolment.ConfigurationKey, keys.CONFIG_KEY),
        (enrolment.NewToken, keys.NEW_TOKEN),
        (ingest.IngestAnswer, keys.INGEST_ANSWER),
        (ingest.IngestResult, keys.RESULT),
        (desired.DesiredAnswer, keys.SIGNED),
        (reports.ReportedRequest, keys.REPORT),
        (reports.LogsRequest, (keys.LINES,)),
        (reports.LogLineRequest, keys.LOG_LINE),
    ],
)
def test_a_model_of_the_device_api_has_the_keys_of_the_contract(model: type[BaseModel], names: tuple[str, ...]) -> None:
    assert tuple(model.model_fields) == names
