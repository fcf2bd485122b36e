"""An error says what to do next: where the names are that there are, which other call is meant, what to change."""

from pathlib import Path

import pytest

from fleet.cli import main
from fleet.errors import ConflictError, EnrolmentError, FleetError, NotFoundError, RemovalError, RetiredError, StaleError, StorageFullError
from fleet.tests.district import District
from fleet.tests.test_cli import run

NEXT: list[tuple[FleetError, str]] = [
    (NotFoundError("site", "x"), "no site x: GET /api/v1/sites lists those that there are"),
    (NotFoundError("gateway", "x"), "no gateway x: GET /api/v1/gateways lists those that there are"),
    (NotFoundError("node", "x"), "no node x: GET /api/v1/nodes lists those that there are"),
    (NotFoundError("boot", "x"), "no boot x: the ledger of its node lists those that there are"),
    (NotFoundError("version", "7 of the rules of g-1"), "no version 7 of the rules of g-1: its history lists those that there are"),
    (NotFoundError("gateway with a token", "x"), "no gateway with a token x: its access has ended already, or it has not enrolled yet"),
    (ConflictError("site", "x"), "there is a site x already: choose another name, or correct that one by PATCH /api/v1/sites/x"),
    (ConflictError("gateway", "x"), "choose another name; another code for that one is made by POST /api/v1/gateways/x/enrolment"),
    (ConflictError("node", "x"), "choose another name; another board takes its place by POST /api/v1/nodes/x/hardware"),
    (EnrolmentError("used"), "the enrolment code is used: an administrator makes another (POST /api/v1/gateways/GATEWAY/enrolment)"),
    (StorageFullError(5), "artifacts may take 5 bytes in all: raise the option artifacts_bytes, and restart the service"),
    (RetiredError("node", "x"), "its name is not given again"),
    (RemovalError(["rules[a]"]), 'if that is meant, ask again with "removes": ["rules[a]"]'),
    (StaleError("the settings of n-1", 2), "version 2 of the settings of n-1 holds by now: read that, and change it then"),
]


@pytest.mark.parametrize(("error", "words"), NEXT, ids=[type(error).__name__ for error, _ in NEXT])
def test_an_error_says_what_to_do_next(error: FleetError, words: str) -> None:
    assert str(error).endswith(words)


async def test_the_api_answers_in_these_words(district: District) -> None:
    assert (await district.admin("GET", "nodes/n-9")).json()["detail"] == str(NotFoundError("node", "n-9"))
    assert (await district.add_node("n-1")).json()["detail"] == str(ConflictError("node", "n-1"))


def test_the_help_says_what_exit_codes_mean_and_they_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    state = str(tmp_path / "state")
    assert "Exit codes: 0 done, 1 a fault" in run("--help")[1] and "Exit code 1: a fault" in run("doctor", "--help")[1]
    assert "Exit code 0: it could be looked at" in run("status", "--help")[1]
    assert (run("status", "--state", state)[0], run("doctor", "--state", state)[0]) == (1, 1)
    run("init", "--state", state)
    assert run("status", "--state", state)[0] == 0
    assert run("status", "--state", state, "--nothing")[0] == 2
    monkeypatch.setenv("AIRGRID_FLEET_PORT", "many")
    with pytest.raises(SystemExit) as ended:
        monkeypatch.setattr("sys.argv", ["airgrid-fleet", "doctor", "--state", state])
        main()
    assert ended.value.code == 2


def test_a_token_that_there_is_not_and_one_that_there_is(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    run("init", "--state", state)
    run("token", "create", "anna", "--state", state)
    for command, words in (("create", "choose another name, since none is given twice"), ("revoke", "airgrid-fleet token list shows")):
        name = "anna" if command == "create" else "nobody"
        code, said = run("token", command, name, "--state", state)
        assert code == 1 and words in said


def test_the_list_of_tokens_has_whole_moments_on_a_narrow_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = str(tmp_path / "state")
    monkeypatch.setenv("COLUMNS", "80")
    run("init", "--state", state)
    run("token", "create", "anna", "--valid-days", "90", "--state", state)
    said = run("token", "list", "--state", state)[1]
    assert "…" not in said and "anna" in said
