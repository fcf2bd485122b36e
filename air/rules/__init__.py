"""The rules of a site, judged on the spot: calibrated reports and ticks in, facts out. Pure; the same code for history.

    rule_set, facts = RuleSet.begin(rules, nodes, offset_ms, saved, now_ms)  # saved: to_json() of an earlier set, or None
    for report in stored_before:  rule_set.rebuild(report, arrived_ms)       # windows only; no facts
    facts = rule_set.settle(now_ms, whole_from_ms)                           # ends the rebuilding
    facts = rule_set.handle(report, now_ms)                                  # one report, in any order
    facts = rule_set.tick(now_ms)                                            # about once a second, at least once a minute

(state, input, now) -> (state, facts): the state is the `RuleSet`, changed in place; the same inputs with the same times always give the
same facts. See facts.py for what comes out, docs/rules.md for what rules can say, docs/adr/0010 for missing, late and doubtful data.

What is kept: `rule_set.to_json()` is small and is to be stored, with a cursor, in the transaction that stores the facts, whenever
`rule_set.revision` has changed. A start gives it back together with the reports up to that cursor: those of the last
`rule_set.horizon_ms(node)` before it, or what is left of them: `whole_from_ms` says since when nothing is missing. Facts of a transaction
that failed must be stored again with the next one: the set has moved on.
A report of a node that is not in `rule_set.concerned` need not even be calibrated.
"""
