"""What axe-core finds on a page that is open: rules of WCAG 2.2 A and AA, and its own of good practice."""

from typing import Any

from playwright.sync_api import Page

from hil_tests.source_tree import CHECKOUT
from tools.setup.environment import TEST_SCRIPT

SERIOUS = ("serious", "critical")


def serious_violations(page: Page) -> list[str]:
    """Rule, where it is broken and how, of those that shut somebody out. The script comes past the policy of the page, as a browser's
    extension does."""
    page.evaluate((CHECKOUT / "build" / "pages" / TEST_SCRIPT).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
