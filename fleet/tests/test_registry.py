"""Sites, gateways, nodes, tokens and codes."""

from sqlalchemy import select

from fleet.devices.tables import enrolment_code, gateway
from fleet.people import admin_tokens
from fleet.people.audit import Act
from fleet.people.tables import admin_token, change
from fleet.tests.district import START_MS, District, in_ms, report


async def test_a_code_enrols_once_and_pins_the_key(district: District) -> None:
    added = (await district.admin("POST", "gateways", {"id": "g-2", "site": "s-1"})).json()
    code = added["enrolment_code"]
    first = await district.enrol(code.lower().replace("-", " "))
    assert first.status_code == 200
    key = district.service.signing_key
    assert first.json()["config_keys"] == [{"id": key.id, "ed25519": key.public_bytes.hex()}]
    again = await district.enrol(code)
    assert (again.status_code, again.headers["content-type"]) == (403, "application/problem+json")
    assert again.json()["detail"].startswith("the enrolment code is used: ")


async def test_an_old_code_and_a_wrong_code_are_worth_nothing(district: District) -> None:
    added = (await district.admin("POST", "gateways", {"id": "g-2", "site": "s-1"})).json()
    district.time.now_ms = added["expires_ms"]
    assert (await district.enrol(added["enrolment_code"])).json()["detail"].startswith("the enrolment code is expired: ")
    assert (await district.enrol("00000-00000-00000-00000")).json()["detail"].startswith("the enrolment code is wrong: ")


async def test_a_new_code_replaces_the_one_before_and_then_the_token(district: District) -> None:
    first = (await district.admin("POST", "gateways/g-1/enrolment")).json()
    second = (await district.admin("POST", "gateways/g-1/enrolment")).json()
    assert (await district.enrol(first["enrolment_code"])).status_code == 403
    assert (await district.device("POST", "ingest", {"items": []})).status_code == 200
    token = (await district.enrol(second["enrolment_code"])).json()["token"]
    district.time.now_ms += 1000  # how long a token is remembered
    assert (await district.device("POST", "ingest", {"items": []})).status_code == 401
    assert (await district.device("POST", "ingest", {"items": []}, token)).status_code == 200


async def test_secrets_are_in_the_store_as_hashes_only(district: District) -> None:
    def everything() -> str:
        stored = (gateway, enrolment_code, admin_token, change)
        return district.service.read(lambda connection: repr([connection.execute(select(table)).all() for table in stored]))

    code = (await district.admin("POST", "gateways/g-1/enrolment")).json()["enrolment_code"]
    text = everything()
    assert "g-1" in text
    assert not any(secret in text for secret in (code, code.replace("-", ""), district.gateway_token, district.admin_token))


async def test_a_revoked_admin_token_ends(district: District) -> None:
    district.service.writer.submit(lambda connection: admin_tokens.revoke_admin_token(connection, Act("console", START_MS), "ada")).result()
    district.time.now_ms += 1000
    assert (await district.admin("GET", "sites")).status_code == 401


async def test_tokens_of_one_kind_do_not_open_the_other(district: District) -> None:
    assert (await district.device("POST", "ingest", {"items": []}, district.admin_token)).status_code == 401
    headers = {"Authorization": f"Bearer {district.gateway_token}"}
    assert (await district.client.get("/api/v1/sites", headers=headers)).status_code == 401


async def test_wrong_tokens_are_slowed_and_good_ones_are_not(district: District) -> None:
    answers = [await district.device("POST", "ingest", {"items": []}, "wrong") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [401] * 60 + [429]
    assert (await district.device("POST", "ingest", {"items": []})).status_code == 200


async def test_names_are_taken_once_and_places_must_exist(district: District) -> None:
    statuses = {
        "site": await district.admin("POST", "sites", {"id": "s-1", "name": "x", "latitude": 0.0, "longitude": 0.0}),
        "gateway": await district.admin("POST", "gateways", {"id": "g-1", "site": "s-1"}),
        "node": await district.add_node("n-1"),
        "gateway_nowhere": await district.admin("POST", "gateways", {"id": "g-2", "site": "s-9"}),
        "node_nowhere": await district.add_node("n-2", gateway="g-9"),
    }
    assert {name: response.status_code for name, response in statuses.items()} == {
        "site": 409, "gateway": 409, "node": 409, "gateway_nowhere": 404, "node_nowhere": 404,
    }  # fmt: skip


async def test_a_key_is_taken_as_provisioned_or_made(district: District) -> None:
    assert (await district.add_node("n-2", key="ab" * 32)).json() == {"id": "n-2", "key": "ab" * 32, "warnings": []}
    assert (await district.add_node("n-3", key="AB" * 32)).status_code == 422
    made = (await district.add_node("n-4")).json()["key"]
    assert len(bytes.fromhex(made)) == 32


async def test_a_node_that_is_registered_again_with_its_key_at_its_place_is_the_same_and_nothing_changes(district: District) -> None:
    wanted = {"id": "n-2", "gateway": "g-1", "site": "s-1", "key": "ab" * 32}
    assert (await district.admin("POST", "nodes", wanted)).status_code == 201

    def everything() -> str:
        return district.service.read(lambda connection: repr([connection.execute(select(table)).all() for table in (change, gateway)]))

    before = everything()
    again = await district.admin("POST", "nodes", wanted)
    assert (again.status_code, again.json()["key"], everything()) == (201, "ab" * 32, before)
    await district.admin("POST", "gateways", {"id": "g-2", "site": "s-1"})
    for other in ({"key": "cd" * 32}, {"gateway": "g-2"}):
        assert (await district.admin("POST", "nodes", {**wanted, **other})).status_code == 409
    without = {key: value for key, value in wanted.items() if key != "key"}
    assert (await district.admin("POST", "nodes", without)).status_code == 409


async def test_a_node_that_is_registered_again_with_other_settings_keeps_its_own_and_says_so(district: District) -> None:
    wanted = {"id": "n-2", "gateway": "g-1", "site": "s-1", "key": "ab" * 32}
    first = await district.admin("POST", "nodes", {**wanted, "settings": {"period_ms": 2000}})
    same = await district.admin("POST", "nodes", {**wanted, "settings": {"period_ms": 2000}})
    nothing = await district.admin("POST", "nodes", wanted)
    assert [answer.json()["warnings"] for answer in (first, same, nothing)] == [[], [], []]
    others = await district.admin("POST", "nodes", {**wanted, "settings": {"period_ms": 3000}})
    assert (others.status_code, others.json()["key"], others.json()["warnings"]) == (201, "ab" * 32, [
        "node n-2 keeps its settings (version 1), which are others than these: change them by PATCH nodes/n-2/settings"
    ])  # fmt: skip
    assert (await district.read("nodes/n-2/settings"))["desired"] == {"version": 1, "settings": {"period_ms": 2000}}
    wrong = await district.admin("POST", "nodes", {**wanted, "settings": {"period_ms": 1}})
    assert (wrong.status_code, [fault["path"] for fault in wrong.json()["faults"]]) == (422, ["settings.period_ms"])


async def test_a_node_that_is_registered_again_takes_the_place_of_the_same_node_or_of_none(district: District) -> None:
    await district.add_node("n-3")
    wanted = {"id": "n-2", "gateway": "g-1", "site": "s-1", "key": "ab" * 32, "replaces": "n-1"}
    await district.admin("POST", "nodes", wanted)
    await district.add_gateway("g-2")
    for at in ("g-1", "g-2"):  # also when it has gone to another gateway since
        if at == "g-2":
            await district.admin("PATCH", "nodes/n-2", {"gateway": at, "reason": "r"})
        again = [{**wanted, "gateway": at, "replaces": node} for node in ("n-1", None, "n-3")]
        assert [(await district.admin("POST", "nodes", body)).status_code for body in again] == [201, 201, 409]
    assert (await district.read("nodes/n-3"))["left_ms"] is None
    first = {"id": "n-3", "gateway": "g-1", "site": "s-1", "replaces": "n-1", "key": "cd" * 32}
    assert (await district.admin("POST", "nodes", first)).status_code == 409


async def test_every_change_records_who_made_it(district: District) -> None:
    rows = district.service.read(lambda connection: connection.execute(select(change).order_by(change.c.id)).all())
    acts = [(row.who, row.what, row.subject) for row in rows]
    assert ("ada", "site_added", "s-1") in acts and ("ada", "node_added", "n-1") in acts
    assert ("g-1", "gateway_enrolled", "g-1") in acts and ("console", "token_created", "ada") in acts


async def test_a_gateway_reports_and_logs(district: District) -> None:
    reported = {"version": 2, "ok": False, "faults": ["nodes[0]: unknown"], "counters": {"items.stored": 5}}
    assert (await district.device("POST", "reported", reported)).status_code == 204
    reported["counters"] = {"items.stored": 7, "store.commits": 1}
    assert (await district.device("POST", "reported", reported)).status_code == 204
    gateway = await district.read("gateways/g-1")
    assert gateway["counters"] == {"items.stored": 7, "store.commits": 1}
    assert in_ms(gateway["reported"]) == {
        "version": 2,
        "ok": False,
        "faults": ["nodes[0]: unknown"],
        "at_ms": START_MS,
        "state": None,
        "in_force": None,
    }
    lines = [{"at_ms": 5, "level": "warning", "text": "cold\x00start"}, {"at_ms": 6, "level": "info", "text": "ok", "node": "n-1"}]
    assert (await district.device("POST", "logs", {"lines": lines})).status_code == 204
    read = (await district.read("logs", gateway="g-1"))["items"]
    assert [(line["at_ms"], line["node"], line["text"]) for line in read] == [(6, "n-1", "ok"), (5, None, "cold\ufffdstart")]


async def test_a_node_is_listed_with_its_place(district: District) -> None:
    await district.ingest(report(1))
    (node,) = (await district.read("nodes"))["items"]
    assert node == await district.read("nodes/n-1")
    place = {key: node[key] for key in ("id", "site", "site_name", "gateway", "last_ms", "settings_state")}
    assert place == {
        "id": "n-1", "site": "s-1", "site_name": "Bridge", "gateway": "g-1", "last_ms": START_MS + 10_000, "settings_state": "confirmed",
    }  # fmt: skip
