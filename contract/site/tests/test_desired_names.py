from contract.faults import fault_text, path_text
from contract.site.desired_names import Names
from contract.site.sections import unknown_names

SITE = Names("g-01", {"n-1"}, {"siren"}, {"sms"}, {"rs485_a"})

DOCUMENT = {
    "rules": [
        {"nodes": ["n-1", "n-2"], "outputs": [{"output": "siren"}, {"output": "lamp"}], "hook": "mail"},
        {"nodes": [], "outputs": [], "hook": ""},
        {},
    ],
    "calibrations": [{"node": "n-1"}, {"node": "g-01"}, {"node": "n-3"}],
    "sources": [
        {"port": "rs485_a", "kind": "modbus"},
        {"port": "rs485_b", "kind": "nodes", "nodes": [{"node": "n-1"}, {"node": "g-01"}]},
    ],
}


def test_every_name_that_stands_for_nothing_comes_with_what_there_is() -> None:
    assert [fault_text(fault) for fault in unknown_names(DOCUMENT, SITE)] == [
        "sources[1].port: this site has no port rs485_b; it has rs485_a",
        "sources[1].nodes[1].node: g-01 is not among the nodes of this document",
        "calibrations[2].node: n-3 is not among the nodes of this document",
        "rules[0].nodes[1]: n-2 is not among the nodes of this document",
        "rules[0].outputs[1].output: this site has no output lamp; it has siren",
        "rules[0].hook: this site has no hook mail; it has sms",
    ]


def test_what_is_not_known_is_not_judged() -> None:
    assert [
        path_text(fault.path) for fault in unknown_names(DOCUMENT, Names("g-01", {"n-1", "n-2", "n-3", "g-01"}, None, None, None))
    ] == []


def test_what_has_another_fault_is_passed_over() -> None:
    broken = {
        "rules": [5, {"nodes": 7, "outputs": "siren", "hook": 3}, {"outputs": [9, {}]}],
        "calibrations": {},
        "sources": [{"kind": "nodes"}],
    }
    assert unknown_names(broken, SITE) == []


def test_a_site_with_nothing_says_so() -> None:
    assert [fault_text(fault) for fault in unknown_names({"rules": [{"hook": "sms"}]}, Names("g-01", set(), set(), set(), set()))] == [
        "rules[0].hook: this site has no hook sms; it has none"
    ]
