"""What the keys of rules and calibrations mean, in words: for docs/rules.md, pages and schemas. A test keeps it complete."""

KINDS = {
    "level": "the mean, the greatest reading or the share of time above a level, over a window, reaches `raise`",
    "rate": "the means of a window rise by `raise` per minute or hour: the slope of the line of least squares through them",
    "ratio": "the mean of the quantity is `raise` times that of `under` of the same slot, and at least `least`: PM10 over PM2.5 shows dust",
    "episode": "the mean of the window is `raise` times the place's own baseline, and at least `least`",
    "stuck": "all readings of the window lie within `spread` of each other; zero is never stuck",
    "health": "in `raise` percent of the window's time the channel had one of the `qualities`",
    "completeness": "usable values cover less than `raise` percent of the window",
    "silent": "nothing was heard for `after_s`: of the node, or, with a quantity, no usable value of it",
}

RULE = {
    "id": "its name; each once",
    "version": "of the rule; a changed rule has a greater one, and what the old one had raised is cleared",
    "kind": "what it watches, see below",
    "quantity": "key of the quantity; of `silent` it may be left out",
    "slot": "only that slot of a node; left out: each slot by itself",
    "nodes": "ids of the nodes that it is for; empty or left out: all of the site",
    "severity": "of several alarms at one output the highest severity decides",
    "when": "schedule: any of its entries is enough; left out: always",
    "outputs": "what to switch while the alarm is open",
    "faster": "shorter periods of the nodes concerned, for a while after a raise",
    "hook": "name of a command of the gateway's configuration, run at raise and clear",
}

KEYS = {
    "window_s": "length of the window, by the time of the data",
    "hold_s": "the condition holds so long before the alarm is raised",
    "clear_hold_s": "the alarm is cleared when its clear condition has held so long",
    "least_share": "share of the window that must have data; with less nothing is raised and nothing cleared",
    "baseline_h": "hours before the window of which the baseline is made; half of them must have data",
    "percentile": "the baseline is this percentile of the means of 96 equal steps of those hours",
    "after_s": "silence of that length is reported",
    "raise": "limit that raises when it is reached; of completeness: when it is not",
    "clear": "limit that clears when the value is back at it and the raise condition does not hold; left out: as `raise`",
    "above": "the level of which `share` counts the time at or above it; required with it",
    "least": "below that level of the quantity there is no alarm",
    "spread": "that little counts as no change",
    "statistic": "mean and share are weighted by time; max is the greatest single reading",
    "scope": "each node by itself, or the data of all nodes of the rule together",
    "basis": "calibrated values where there are any, or what the sensor said",
    "per": "time of the rate",
    "under": "key of the quantity that is divided by",
    "qualities": "the quality codes that count",
}

SCHEDULE = {
    "days": "1 Monday to 7 Sunday, of the beginning; left out: all",
    "months": "1 to 12; left out: all",
    "from": "local time HH:MM; later than `to`: over midnight",
    "to": "local time HH:MM, 24:00 at most; the same as `from`: the whole day",
}

OUTPUT = {
    "output": "its name in the gateway's configuration",
    "pattern": "how it is switched",
    "for_s": "off by itself after that time; 0: as long as the alarm is open",
}

FASTER = {"period_s": "length of a period meanwhile", "for_s": "for how long"}

MODELS = {
    "linear": "gain * x + offset",
    "multilinear": "gain * x + the sum of coefficient * input + offset",
    "rh_growth": "gain * x / C + offset, with C = 1 + (kappa / 1.65) / (1 / aw - 1) and aw the relative humidity up to `cap`",
    "two_point": "(x - zero) * reference / (span - zero)",
}

CALIBRATION = {
    "id": "its name; each once, also over two periods of one channel",
    "version": "stands beside every value that it made",
    "node": "id of the node",
    "slot": "slot on the node",
    "quantity": "key of the quantity that is calibrated",
    "from_ms": "in force for periods that begin then or later, UTC in ms",
    "to_ms": "and before this; left out: for ever",
    "model": "formula, see below",
    "inputs": "other channels of the same report: slot, quantity, coefficient (multilinear), least, greatest",
    "least": "the fit was not tried below; the value is marked `beyond_range`",
    "greatest": "the fit was not tried above",
    "source": "where it is from, for people",
}

COEFFICIENTS = {
    "gain": "factor",
    "offset": "in the unit of the quantity",
    "kappa": "hygroscopicity of the particles",
    "cap": "relative humidity above which no more growth is assumed, %",
    "zero": "what the sensor says in clean air",
    "span": "what it says in the reference gas",
    "reference": "what the reference gas is",
}
