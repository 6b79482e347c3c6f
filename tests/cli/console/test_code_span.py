"""What others wrote, rendered by a parser of GitHub's Markdown: nothing of it leaves its code span."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bay.cli.bulk_preview import Outcome
from bay.cli.console.bulk import comment
from bay.cli.console.code_span import cell, code
from bay.cli.console.formats import Format, print_list
from bay.cli.console.plan_markdown import markdown
from bay.stacks.approval import Risk
from bay.stacks.plan.types import Change, Diff, FieldChange, Group, Plan
from tests.fakes.plans import COMPARED

EVIL = (
    "https://evil.example/approve-me",
    "www.evil.example",
    "ftp://evil.example",
    "mail@evil.example",
    "xmpp:a@b.example",
    "@octocat",
    "@org/team",
    "#1",
    "GH-1",
    "owner/repo#1",
    "!1",
    "deadbeef",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "_emphasis_ **strong** ~~gone~~",
    "[x](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "<img src=https://evil.example/x.png>",
    "</code></details><script>alert(1)</script>",
    "&#64;octocat &commat;octocat",
    "a|b",
    "a\\|b",
    "a\\\\|b",
    "ends with \\",
    "`",
    "``",
    "`a` b ``c`` ```d",
    "` @octocat `",
    "\\`@octocat\\`",
    "``` @octocat ```\n# title",
    "two\nlines | and @octocat\n\n- item\n\n| a |\n| - |\n",
    "/close",
    "> quote",
    "- [ ] task",
    ":tada:",
    "$x$ $`x`$",
    "\x1b[2Jgone",
    "\u202etxt.exe",
)
FOUND_IN_TEXT = re.compile(r"@|://|www\.|(^|\s)#\d|GH-\d|!\d|[0-9a-f]{7}|<|\||octocat|evil")
"""What a forge makes a link or a mention of in text that has been rendered, and is not in a code span."""


@dataclass
class Rendered(HTMLParser):
    """Text of a page in code spans and outside of them, and its elements."""

    html: str
    coded: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    elements: list[str] = field(default_factory=list)
    within: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "code":
            self.within += 1
            self.coded.append("")

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self.within:
            self.coded[-1] += data
        else:
            self.plain.append(data)


def rendered(text: str) -> Rendered:
    parser = MarkdownIt("gfm-like")
    parser.linkify.set({"fuzzy_link": True, "fuzzy_email": True})  # as GitHub does
    return Rendered(parser.render(text))


def test_the_parser_finds_what_is_not_in_a_span() -> None:
    """The control: without a span these are links."""
    for evil in ("https://evil.example/approve-me", "see www.evil.com", "mail@evil.com", "<https://evil.example>"):
        assert "a" in rendered(evil).elements, evil
    page = rendered("| a |\n| - |\n| x @octocat |\n")
    assert any(FOUND_IN_TEXT.search(text) for text in page.plain)


@pytest.mark.parametrize("evil", EVIL)
def test_a_span_holds_all_of_it(evil: str) -> None:
    page = rendered(f"- {code(evil)}\n")
    assert set(page.elements) == {"ul", "li", "code"}
    (shown,) = page.coded
    assert "".join(shown.split()).replace("\\x1b", "\x1b").replace("\\u202e", "\u202e") == "".join(evil.split())
    assert not any(FOUND_IN_TEXT.search(text) for text in page.plain)


@pytest.mark.parametrize("evil", EVIL)
def test_so_does_the_cell_of_a_table(evil: str) -> None:
    page = rendered(f"| one | two |\n| --- | --- |\n| {cell(evil)} | x |\n")
    assert (page.elements.count("td"), page.elements.count("code")) == (2, 1)
    assert set(page.elements) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert not any(FOUND_IN_TEXT.search(text) for text in page.plain)


@given(st.text(alphabet=st.sampled_from("`\\| \n\t@a<#_*[]()&;"), max_size=30))
def test_whatever_the_text_is(text: str) -> None:
    page = rendered(f"| one | two |\n| --- | --- |\n| {cell(text)} | x |\n")
    spans = 1 if text.split() else 0
    assert (page.elements.count("td"), page.elements.count("code")) == (2, spans)
    page = rendered(f"- {code(text)}\n")
    assert page.elements.count("code") == spans
    assert set("".join(page.plain)) <= set("\n ")


def everywhere(evil: str) -> Plan:
    """A plan with a text in each place where one can come from a request."""
    return Plan(
        evil,
        True,
        COMPARED,
        changes=(Change("create", Group.NODES, evil, evil, (Diff(evil, evil, evil),)),),
        fields=(FieldChange(evil, evil, evil, Group.OTHER, True),),
        risks=(Risk("open", evil), Risk("batch", evil, refused=True, allowed_by="batch")),
        impact=(evil,),
        notes=(evil,),
    )


@pytest.mark.parametrize("evil", EVIL)
def test_a_comment_has_it_in_spans_only(evil: str) -> None:
    one = everywhere(evil)
    for text in (markdown(one), comment([Outcome(evil, 2, one), Outcome(evil, 1, error=evil)])):
        page = rendered(text)
        assert not any(FOUND_IN_TEXT.search(plain) for plain in page.plain), page.plain
        assert not set(page.elements) & {"a", "img", "em", "s", "script", "blockquote", "h1", "hr"}
        assert len(page.coded) >= 9


@pytest.mark.parametrize("evil", EVIL)
def test_so_has_a_list_in_markdown(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": evil, "status": "CREATE_COMPLETE", "nodes": 12}]
    print_list(rows, ("name", "status", "nodes"), Format.MARKDOWN)
    page = rendered(capsys.readouterr().out)
    assert page.elements.count("td") == 3
    assert {"name", "status", "nodes", "CREATE_COMPLETE", "12"} <= set(page.plain), "words of bay's own are plain"
    assert not any(FOUND_IN_TEXT.search(plain) for plain in page.plain)
