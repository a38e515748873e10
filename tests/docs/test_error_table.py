"""The page about errors says what the rules say."""

from __future__ import annotations

from deployer.azure.errors import error_rules
from tests.docs.error_table import PAGE, error_page


def test_the_page_is_what_the_rules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == error_page(), "run `make error-page`"


def test_the_page_has_every_code_and_every_rule() -> None:
    page = error_page()
    assert [code for rule in error_rules() for code in rule.codes if f"`{code}`" not in page] == []
    assert page.count("\n| ") == len(error_rules()) + 2 * page.count("\n## ")
