"""Every key of a rule and of a calibration is explained, and nothing else is."""

from contract.site import calibrations, rule_meanings, rules, schedules


def test_every_key_of_a_rule_is_explained() -> None:
    rows = [row for table in (rules.NUMBERS, rules.DECIMALS, rules.CHOICES) for kind in rules.KINDS for row in table[kind]]
    assert set(rule_meanings.KEYS) == {str(row[0]) for row in rows} | {"qualities"}
    every = {*(row[0] for row in rules.EVERY_NUMBER), *(row[0] for row in rules.EVERY_CHOICE), *(row[0] for row in rules.SLOT)}
    assert set(rule_meanings.RULE) == every | {"id", "kind", "quantity", "nodes", "when", "outputs", "faster", "hook"}
    assert tuple(rule_meanings.KINDS) == rules.KINDS
    assert set(rule_meanings.SCHEDULE) == {*(row[0] for row in schedules.LISTS), *schedules.TIMES}
    assert set(rule_meanings.OUTPUT) == {"output", "pattern", *(row[0] for row in rules.OUTPUT)}
    assert set(rule_meanings.FASTER) == {row[0] for row in rules.FASTER}


def test_every_key_of_a_calibration_is_explained() -> None:
    numbers = {row[0] for row in calibrations.NUMBERS}
    assert set(rule_meanings.CALIBRATION) == numbers | {"id", "node", "quantity", "model", "inputs", "least", "greatest", "source"}
    assert set(rule_meanings.MODELS) == set(calibrations.MODELS)
    assert set(rule_meanings.COEFFICIENTS) == {row[0] for rows in calibrations.MODELS.values() for row in rows}
