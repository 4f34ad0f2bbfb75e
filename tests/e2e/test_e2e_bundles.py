"""Scripts that were never fetched: whoever looks is told what to run."""

from pathlib import Path

from chromium import Visitor
from servers import running_server

SCRIPT = "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
COMMAND = "claimsmith bundles fetch"


def test_a_missing_bundle_is_a_clear_page_and_a_line_in_the_log(visitor: Visitor, tmp_path: Path) -> None:
    empty = tmp_path / "bundles"
    empty.mkdir()
    with running_server(tmp_path, "--ephemeral", "--bundles", str(empty)) as server:
        tab = visitor.open_tab(server.url + SCRIPT)
        assert COMMAND in tab.text("main")
        assert visitor.requests(SCRIPT)[-1].status == 404
        log = (tmp_path / "server.log").read_text()
    assert COMMAND in log
    assert "bundle" in log
