# The event by which a gateway reports what its rules found: what its particulars may be. gateway/evaluation/alarm_events.py writes
# them, the fleet keeps its list of alarms by them.
#
#   rule, version, severity; node ("" for the whole site), slot (-1: no one of them), quantity (key, or "" for none)
#   phase     of PHASES
#   since_ms  from when on the condition held: with rule and subject it names the alarm from its raise to its clear
#   why       of a clear: of CLEARED_BY
#   at_ms, value, limit, scale, unit, window_ms, share, n, extrapolated, calibrations [[id, version], ...]: what it was judged by;
#   value and limit are integers times scale, in unit
#   last_ms   of no_data: time of the newest data

KEY = "alarm"
# Of an open alarm: no_data, it cannot be judged; data, it can again.
RAISE, CLEAR, NO_DATA, DATA = "raise", "clear", "no_data", "data"
PHASES = (RAISE, CLEAR, NO_DATA, DATA)

CONDITION = "condition"  # the clear condition held for its time
REVISED = "revised"  # late data showed that it was not as it had seemed
SCHEDULE = "schedule"  # the rule is not in force at this time of the site's calendar
RULE_CHANGED = "rule_changed"  # another version, or none, came with new rules
CLEARED_BY = (CONDITION, REVISED, SCHEDULE, RULE_CHANGED)
