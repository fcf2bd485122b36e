"""The rules of a site, judged on the spot: calibrated reports and ticks in, facts out. Pure; the same code for history.

    watch, facts = Watch.begin(rules, nodes, offset_ms, saved, now_ms)   # saved: watch.to_json() of before, or None
    for report in stored_before:  watch.rebuild(report, arrived_ms)      # windows only; no facts
    facts = watch.settle(now_ms, whole_from_ms)                          # ends the rebuilding
    facts = watch.handle(report, now_ms)                                 # one report, in any order
    facts = watch.tick(now_ms)                                           # about once a second, at least once a minute

(state, input, now) -> (state, facts): the state is the `Watch`, changed in place; the same inputs with the same times always give the
same facts. See facts.py for what comes out, docs/rules.md for what rules can say, docs/adr/0010 for missing, late and doubtful data.

What is kept: `watch.to_json()` is small and is to be stored, with a cursor, in the transaction that stores the facts, whenever
`watch.revision` has changed. A start gives it back together with the reports up to that cursor: those of the last
`watch.horizon_ms(node)` before it, or what is left of them: `whole_from_ms` says since when nothing is missing. Facts of a transaction
that failed must be stored again with the next one: the watch has moved on.
`watch.concerns(node)` is a dictionary lookup: a report of a node without rules need not even be calibrated.
"""
