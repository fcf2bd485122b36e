"""The machine's own package sources, read so that another suite of the same mirror can be asked, with the same keys.
Pure.

Reads both forms that apt knows, one-line (`sources.list`) and deb822 (`*.sources`). Opens no file and no connection.
`trusted=yes` is not carried over: what comes from another suite is verified, or not used.
"""

from typing import NamedTuple

from tools.setup.errors import SetupError

# A suite may also be named by its rank.
RANKS = ("stable", "oldstable")
# option of the one-line form -> field of the deb822 form
OPTIONS = {"signed-by": "Signed-By", "arch": "Architectures"}


class Source(NamedTuple):
    uris: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    # Signed-By may be a whole key of several lines; it is kept as it stands.
    fields: tuple[tuple[str, str], ...]


def parse_one_line(text: str) -> list[Source]:
    """`deb [signed-by=/k.gpg arch=arm64] URI suite component...`, one a line."""
    found = []
    for line in text.splitlines():
        words = line.split("#")[0].replace("[", " [ ").replace("]", " ] ").split()
        if words[:1] != ["deb"]:
            continue
        options, rest = _split_options(words[1:])
        if len(rest) >= 2:
            found.append(Source(rest[0], (rest[1],), tuple(rest[2:]), options))
    return found


def parse_deb822(text: str) -> list[Source]:
    """Stanzas of `Field: value`, separated by empty lines; a continued value starts with white space."""
    found = []
    for stanza in _stanzas(text):
        disabled = stanza.get("enabled", "yes").lower() in ("no", "false")
        if disabled or "deb" not in stanza.get("types", "").split() or "uris" not in stanza:
            continue
        kept = tuple((name, stanza[name.lower()]) for name in OPTIONS.values() if name.lower() in stanza)
        suites, components = tuple(stanza.get("suites", "").split()), tuple(stanza.get("components", "").split())
        found.append(Source(stanza["uris"], suites, components, kept))
    return found


def of_other_suite(sources: list[Source], own: str, other: str, components: tuple[str, ...]) -> list[str]:
    """deb822 stanzas, one for each source that serves this machine's suite, that ask for the other one instead.

    Raises SetupError when no source serves it.
    """
    serving = [s for s in sources if set(s.suites) & {own, *RANKS} and set(components) <= set(s.components)]
    if not serving:
        raise SetupError(f"no source under /etc/apt serves {own} {' '.join(components)}, so none is known for {other}")
    return [_stanza(source, other, components) for source in serving]


def _stanza(source: Source, suite: str, components: tuple[str, ...]) -> str:
    fields = [("Types", "deb"), ("URIs", source.uris), ("Suites", suite), ("Components", " ".join(components)), *source.fields]
    return "".join(f"{name}: {value}\n" for name, value in fields)


def _split_options(words: list[str]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    if words[:1] != ["["]:
        return (), words
    if "]" not in words:
        return (), []
    end = words.index("]")
    pairs = [word.partition("=") for word in words[1:end]]
    kept = tuple((OPTIONS[name], value.replace(",", " ")) for name, _, value in pairs if name in OPTIONS)
    return kept, words[end + 1 :]


def _stanzas(text: str) -> list[dict[str, str]]:
    stanzas: list[dict[str, str]] = [{}]
    name = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            stanzas.append({})
        elif line[0].isspace():
            stanzas[-1][name] += "\n" + line
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            stanzas[-1][name] = value.strip()
    return [stanza for stanza in stanzas if stanza]
