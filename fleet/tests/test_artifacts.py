"""Files for gateways: by hash, whole or in part, bounded."""

import hashlib
from pathlib import Path

import httpx

from fleet.api.device.artifacts import PIECE_BYTES
from fleet.releases.artifacts import MAX_BYTES
from fleet.tests.district import District, open_district

CONTENT = bytes(range(256)) * 40
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def upload(district: District, content: bytes, name: str = "node.bin") -> httpx.Response:
    headers = {"Authorization": f"Bearer {district.admin_token}"}
    return await district.client.post("/api/v1/artifacts", params={"name": name}, content=content, headers=headers)


async def fetch(district: District, digest: str, part: str | None = None, **conditions: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {district.gateway_token}"} | ({"Range": part} if part else {})
    headers |= {name.replace("_", "-"): value for name, value in conditions.items()}
    return await district.client.get(f"/device/v1/artifacts/{digest}", headers=headers)


async def test_a_file_is_fetched_by_its_hash_whole_or_in_part(district: District) -> None:
    assert (await upload(district, CONTENT)).json() == {"sha256": DIGEST, "name": "node.bin", "size": len(CONTENT)}
    whole = await fetch(district, DIGEST)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    part = await fetch(district, DIGEST, "bytes=10000-10099")
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, CONTENT[10000:10100], "bytes 10000-10099/10240")
    outside = await fetch(district, DIGEST, "bytes=20000-")
    assert (outside.status_code, outside.headers["content-range"]) == (416, "bytes */10240")
    assert (await fetch(district, "0" * 64)).status_code == 404


async def test_who_has_a_file_is_not_sent_it_again(district: District) -> None:
    await upload(district, CONTENT)
    known = await fetch(district, DIGEST, if_none_match=f'"{DIGEST}"')
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", f'"{DIGEST}"')
    assert (await fetch(district, DIGEST, if_none_match='"other"')).content == CONTENT
    assert (await fetch(district, "0" * 64, if_none_match="*")).status_code == 404


async def test_a_part_is_sent_only_of_the_file_that_the_client_has_the_rest_of(district: District) -> None:
    await upload(district, CONTENT)
    same = await fetch(district, DIGEST, "bytes=10-19", if_range=f'"{DIGEST}"')
    assert (same.status_code, same.content) == (206, CONTENT[10:20])
    other = await fetch(district, DIGEST, "bytes=10-19", if_range='"other"')
    assert (other.status_code, other.content) == (200, CONTENT)


async def test_a_file_of_several_pieces_is_sent_whole_and_in_part(district: District) -> None:
    content = CONTENT * 80
    digest = (await upload(district, content)).json()["sha256"]
    assert len(content) > 3 * PIECE_BYTES
    assert (await fetch(district, digest)).content == content
    assert (await fetch(district, digest, f"bytes=7-{PIECE_BYTES + 7}")).content == content[7 : PIECE_BYTES + 8]


async def test_the_same_bytes_are_kept_once(district: District) -> None:
    assert (await upload(district, CONTENT, "a")).status_code == (await upload(district, CONTENT, "b")).status_code == 201
    assert (await upload(district, CONTENT, "c")).json()["name"] == "a"


async def test_one_file_and_all_together_are_bounded(state: Path) -> None:
    async with open_district(state, artifacts_bytes=MAX_BYTES) as district:
        assert (await upload(district, bytes(MAX_BYTES + 1))).status_code == 413
        assert (await upload(district, bytes(MAX_BYTES))).status_code == 201
        full = await upload(district, b"x")
        assert (full.status_code, full.headers["content-type"]) == (507, "application/problem+json")


async def test_log_lines_beyond_the_limit_are_dropped_oldest_first_and_counted(state: Path) -> None:
    async with open_district(state, log_lines=1000) as district:
        lines = [{"at_ms": at, "level": "info", "text": str(at)} for at in range(1000)]
        for _ in range(2):
            assert (await district.device("POST", "logs", {"lines": lines[:600]})).status_code == 204
        kept = (await district.read("logs", limit=1000))["items"]
        assert (len(kept), kept[-1]["text"]) == (1000, "200")
        counted = district.service.read(lambda connection: connection.exec_driver_sql("SELECT name, count FROM limit_counter").all())
        assert [tuple(row) for row in counted] == [("log_lines_dropped", 200)]
