"""What mkdocs asks while it builds the site: the list of decisions, which are files of their own."""

from pathlib import Path
from typing import Any

DECISIONS = Path(__file__).parent / "decisions"


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """The text of a page, with the decisions below the page that is about them."""
    if page.file.src_uri != "decisions/README.md":
        return markdown
    titles = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") for path in DECISIONS.glob("0*.md")
    }
    return "\n".join([markdown, "", *(f"- [{title}]({name})" for name, title in sorted(titles.items()))])
