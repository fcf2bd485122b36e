"""`python -m hil_tests.picture`: the pictures of the READMEs, docs/page.png and docs/page.zh-CN.png, of the real page of a small district
on the map of a made-up one, with a story: an alarm at one site, and a node of the other without power.
"""

import sys
import tempfile
from pathlib import Path

from fleet.tests.made_up_district import made_up_zip
from hil_tests.browser import chromium
from hil_tests.demo.air import SMOKY, Smoke, air, ordinary
from hil_tests.demo.story import ALARM_GATEWAY, RULE
from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import wait_until
from hil_tests.source_tree import CHECKOUT

PICTURES = {"en": "docs/page.png", "zh-CN": "docs/page.zh-CN.png"}
SIZE = {"width": 1180, "height": 860}
DARK_NODE = "east-2"
RATE = 6.0
REPORTS = 120
SILENT_S = 90.0


def main() -> int:
    smoke = Smoke(ordinary(SMOKY))
    with (
        tempfile.TemporaryDirectory(prefix="airgrid-picture-") as folder,
        District(small_district(period_ms=5000), Path(folder), scenarios=air(smoke), rate=RATE, areas=made_up_zip()) as district,
    ):
        district.start()
        district.fleet.api.put(f"gateways/{ALARM_GATEWAY}/configuration", {"rules": [RULE], "reason": "picture"})
        district.wait_for_items(REPORTS, within_s=300)
        district.nodes[DARK_NODE].board.cut_power()
        smoke.is_on = True
        wait_until(lambda: district.gateways["river-park"].siren_is_on(), within_s=120, what="the alarm")
        wait_until(lambda: _age_s(district) > SILENT_S, within_s=120, what="the silent node")
        _take(district.fleet.url)
    return 0


def _age_s(district: District) -> float:
    latest = {of_node["node"]: of_node["channels"] for of_node in district.fleet.api.every("latest")}
    return min((float(channel["age_s"]) for channel in latest[DARK_NODE]), default=0.0)


def _take(url: str) -> None:
    with chromium() as browser:
        for language, name in PICTURES.items():
            context = browser.new_context(locale=language, viewport=SIZE, timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(url)
            page.locator("#chart canvas").wait_for()
            page.locator("#map path.ground").first.wait_for()
            page.locator("#node-east-2.silent").wait_for(timeout=60_000)
            page.screenshot(path=CHECKOUT / name, full_page=True)
            context.close()


if __name__ == "__main__":
    sys.exit(main())
