"""Pages as they are rendered: CommonMark's own reader and an HTML parser look at them, never our own code.

Pages that changed on purpose are accepted with: python tests/test_report.py
"""

import csv
import io
import itertools
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import made_records as made
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.breakdown.record import SECTIONS, Basis, Breakdown, Comparison, Field, Origin, Subject
from assistant.digest.record import Digest
from assistant.language import phrases
from assistant.language.phrases import phrases_of
from assistant.report import render as report
from assistant.report.escape import (
    arxiv_address,
    markdown_text,
    page_link,
    plain,
    short_title,
    split_links,
    web_address,
)

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = Path(report.__file__).parent / "templates"
LANGUAGES = ("en", "zh")

PAGES: dict[str, Callable[[str, made.Say], str]] = {
    "breakdown.md": lambda language, say: report.breakdown_markdown(made.breakdown(language, say)),
    "breakdown.html": lambda language, say: report.breakdown_html(made.breakdown(language, say)),
    "abstract.md": lambda language, say: report.breakdown_markdown(made.breakdown(language, say, Basis.ABSTRACT, "")),
    "abstract.html": lambda language, say: report.breakdown_html(made.breakdown(language, say, Basis.ABSTRACT, "")),
    "comparison.md": lambda language, say: report.comparison_markdown(made.comparison(language, say)),
    "comparison.html": lambda language, say: report.comparison_html(made.comparison(language, say)),
    "digest.md": lambda language, say: report.digest_markdown(made.digest("digest", language, say)),
    "digest.html": lambda language, say: report.digest_html(made.digest("digest", language, say)),
    "monitor.md": lambda language, say: report.digest_markdown(made.digest("monitor", language, say)),
    "monitor.html": lambda language, say: report.digest_html(made.digest("monitor", language, say)),
}
MARKDOWN = [name for name in PAGES if name.endswith(".md")]
HTML = [name for name in PAGES if name.endswith(".html")]
VOID = {"meta", "br", "hr"}
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "](javascript:alert(1))", "[x](http://evil.example)",
    "![x](http://evil.example/leak)", "a | b || c |", "`code` ``` fence", "$\\frac{1}{2}$ and $$x$$", "# heading",
    "line one\n\n# line two\n\n    code", "\u202egnp.exe\u2066", "1. one", "- two", "> three", "---", "===", "~~~",
    "**bold** _it_ ==mark== %%gone%%", "&lt;b&gt; &#60;i&#62;", "[[wiki]] ![[embed]] #tag ^block", "<!-- x", "]]>",
    '" onmouseover="alert(1)', "' autofocus x='", "{{ 7*7 }} {% raw %}", "\\", "\\](x)", "<https://evil.example>",
    "https://evil.example/a_b", "www.evil.example", "\x00\x08\x1b[31m", "\ud800", "[x]: http://evil.example", "!",
    "</style></title></details></table>", "a\u2028b\u0085c", "{number} {first}", "%s %(x)s",
]  # fmt: skip


class Page(HTMLParser):
    """A page's tags, ids, links and words; refuses tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert not (tag in ("details", "blockquote", "ul", "ol", "div") and "p" in self.open), f"<{tag}> in a <p>"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    @property
    def headings(self) -> list[str]:
        return [tag for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]


def rendered(markdown: str) -> str:
    """As GitHub's reader does it: CommonMark with tables and raw HTML."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


def assert_headings_in_order(headings: list[str]) -> None:
    levels = [int(heading[1]) for heading in headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def assert_links_lead_somewhere(page: Page) -> None:
    anchors = page.values("id")
    assert len(anchors) == len(set(anchors))
    for address in page.values("href"):
        assert address.startswith(("https://", "http://", "file:///", "#")), address
        assert not address.startswith("#") or unquote(address[1:]) in anchors


def golden_text(name: str, language: str) -> str:
    """Without the style sheet, which is a file of its own."""
    return re.sub(r"<style>.*?</style>", "<style></style>", PAGES[name](language, made.as_it_is), flags=re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was_accepted(name, language, tmp_path):
    text, accepted = golden_text(name, language), GOLDEN / f"{language}.{name}"
    new = tmp_path / accepted.name
    new.write_text(text, "utf-8")
    assert text == accepted.read_text("utf-8"), f"see {new}; if it is meant: python tests/test_report.py"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_renders_without_accidents(name, language):
    html = rendered(PAGES[name](language, made.as_it_is))
    page = Page(html)
    assert_headings_in_order(page.headings)
    assert_links_lead_somewhere(page)
    assert not {"pre", "code", "script", "img"} & {tag for tag, _ in page.tags}
    assert "**" not in "".join(page.words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", HTML)
def test_html_stands_alone(name, language):
    text = PAGES[name](language, made.as_it_is)
    page = Page(text)
    assert_headings_in_order(page.headings)
    assert_links_lead_somewhere(page)
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
    assert not page.values("src") and "@import" not in text and "url(" not in text
    assert page.tags[0] == ("html", {"lang": "en" if language == "en" else "zh-CN"})
    assert "prefers-color-scheme: dark" in text and "@media print" in text


@pytest.mark.parametrize("name", PAGES)
def test_hostile_text_changes_nothing_but_words(name):
    """Each text of the page gets another hostile one, in turn; then all of them together."""
    turn = itertools.cycle(HOSTILE)
    assert_as_if_harmless(name, lambda text: f"{text} {next(turn)}")
    assert_as_if_harmless(name, lambda text: f"{next(turn)} {text} {' '.join(HOSTILE)}")


@given(text=st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=5).map("".join))
@settings(
    max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # a page is no small thing
@pytest.mark.parametrize("name", ["comparison.md", "comparison.html", "abstract.md"])
def test_no_text_changes_anything_but_words(name, text):
    assert_as_if_harmless(name, lambda each: f"{each} {text}")


def skeleton(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(name for name in attributes if name != "title")) for tag, attributes in page.tags]


@cache
def harmless_page(name: str) -> Page:
    text = PAGES[name]("en", lambda each: f"harmless {each}")
    return Page(rendered(text) if name.endswith(".md") else text)


def assert_as_if_harmless(name: str, hostile: made.Say) -> None:
    """The same tags, attributes and addresses in the same order as with plain words in the hostile text's place."""
    text = PAGES[name]("en", hostile)
    text.encode("utf-8")
    page, harmless = Page(rendered(text) if name.endswith(".md") else text), harmless_page(name)
    assert skeleton(page) == skeleton(harmless)
    assert page.values("href") == harmless.values("href")
    assert_links_lead_somewhere(page)


@pytest.mark.parametrize("hostile", [*HOSTILE, "2 < 3 & 4", "a\\_b", "x^2 = 5%", "C# in 1.5 s (fast!)"])
def test_markdown_shows_the_text_as_it_is(hostile):
    for template in (
        "{}",
        "# {}",
        "- {}",
        "> {}",
        "**x**: {} y",
        "[{}](https://a.example)",
        '[x](<https://a.example> "{}")',
    ):
        page = Page(rendered(template.format(markdown_text(hostile).replace('"', '\\"'))))
        shown = (page.values("title") or ["".join(page.words)])[0]
        assert plain(hostile) in shown


@given(st.text())
def test_plain_text_is_one_line_that_xml_can_hold(text):
    line = plain(text)
    assert line == line.strip() and not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line)
    assert plain(line) == line


def test_seven_numbered_sections_in_one_style_with_citations_linked_to_pages():
    text = report.breakdown_markdown(made.breakdown())
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [heading.split(".")[0] for heading in headings] == [str(number) for number in range(1, len(SECTIONS) + 1)]
    assert "([§4.1.2, pp. 6–7](https://arxiv.org/pdf/2601.01234v2#page=6 " in text
    assert "([Table 2, p. 8](https://arxiv.org/pdf/2601.01234v2#page=8 " in text
    assert "- **Research hypothesis**: *not found in the paper*" in text
    assert "**Limitations**: “We did not fly in rain.”" in text
    assert f"<{made.CODE}>" in text
    assert "**Attend to eight sensors, not to all.** (" in text
    assert "\n1. Measure the tensions." in text and "\n3. Steer." in text


def test_chinese_words_and_the_words_of_the_paper_behind_them():
    markdown, html = report.breakdown_markdown(made.breakdown("zh")), report.breakdown_html(made.breakdown("zh"))
    assert "现有控制器关注所有传感器。 ([§3.1, 第 4 页](" in markdown and "[表 2, 第 8 页](" in markdown
    assert "“The paper says: Existing" in markdown  # the link carries the words that it was translated from
    assert 'lang="en">Existing controllers attend to every sensor.<' in html and "论文中未找到" in html


def test_an_abstract_says_so_in_the_first_line():
    record = made.breakdown(basis=Basis.ABSTRACT, model="")
    lines = [line for line in report.breakdown_markdown(record).splitlines() if line]
    assert lines[1] == "> **Only the abstract was read**: the PDF has no text layer"
    text = report.breakdown_markdown(record)
    assert "Extractive: quoted sentences, no language model." in text and "[Abstract](https://arxiv.org/abs/" in text
    assert "*not found in the abstract*" in text and "not found in the paper" not in text


def test_a_field_that_was_not_asked_for_is_not_called_unstated():
    asked = made.breakdown().model_copy(update={"fields": (Field(name="pain"),)})
    text = report.breakdown_markdown(asked)
    assert text.count("not found in the paper") == 1 and text.count("not asked for") == len(SECTIONS) - 1
    assert "What drives it" not in text


def test_a_digest_says_everything_that_a_run_ended_with():
    text = report.digest_markdown(made.digest())
    assert (
        "**Counts**: 12 papers announced (new submission: 9, cross-list: 1, replacement: 2); 4 shown; 1 read in full; "
        "1 from the abstract only; 1 listed with the abstract; 1 failed (password needed: 1); 1 already seen; "
        "7 left out (no keyword: 5, other category: 2)"
    ) in text
    assert text.index("ends early") < text.index("Counts") < text.index("Executive summary") < text.index("## Contents")
    assert "- **Updated since the report of 2026-01-12**" in text and "2026-01-19, replacement" in text
    assert "([KiteNet 1](#arxiv-2601.01231v1); [KiteNet 2](#arxiv-2601.01232v1))" in text
    assert "password needed\n" in text and text.count("> Kites fly in wind. We steer them.") == 4
    assert text.index("The analysis rests on the full text (9 pages).") < text.index("> **Only the abstract was read**")
    assert "| 2026-01-20 | cs.RO | kite, sparse attention | 4 |" in report.digest_markdown(made.digest("monitor"))


def test_an_empty_digest_says_so():
    nothing = made.digest().model_copy(update={"cards": (), "summary": type(made.digest().summary)(), "warnings": ()})
    text = report.digest_markdown(nothing)
    assert "No paper is shown" in text and "there is no summary" in text and "Contents" not in text
    assert_headings_in_order(Page(report.digest_html(nothing)).headings)


def test_the_same_identifier_twice_has_two_anchors_and_ids_cannot_collide():
    cards = (made.card(1, arxiv_id="hep-th/9901001"), made.card(2, arxiv_id="hep-th 9901001"))
    page = Page(report.digest_html(made.digest().model_copy(update={"cards": cards})))
    assert {"arxiv-hep-th-9901001", "arxiv-hep-th-9901001-again"} <= set(page.values("id"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_can_be_made_again_from_json(language):
    breakdown, comparison = made.breakdown(language), made.comparison(language)
    again = Breakdown.model_validate_json(breakdown.model_dump_json())
    assert report.breakdown_markdown(again) == report.breakdown_markdown(breakdown)
    assert report.breakdown_html(again) == report.breakdown_html(breakdown)
    compared = Comparison.model_validate_json(comparison.model_dump_json())
    assert report.comparison_html(compared) == report.comparison_html(comparison)
    for kind in ("digest", "monitor"):
        digest = made.digest(kind, language)
        copy = Digest.model_validate_json(digest.model_dump_json())
        assert report.digest_markdown(copy) == report.digest_markdown(digest)
        assert report.digest_html(copy) == report.digest_html(digest)


def test_csv_holds_every_cell_and_no_formula():
    rows = list(csv.reader(io.StringIO(report.comparison_csv(made.comparison()))))
    assert rows[0] == ["Paper", "arXiv", "Method", "Results", "Code"]
    assert rows[1][2] == "Sparse attention | over sensors. (§3.1, p. 4)\n“It reels.” (Method, p. 2)"
    assert rows[2][3] == "not found in the paper"
    evil = list(csv.reader(io.StringIO(report.comparison_csv(made.comparison(say=lambda _: "=cmd|'/C calc'!A0")))))
    assert not [cell for row in evil for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_page_is_linked_on_arxiv_else_in_its_file_else_not():
    reference = made.reference("x", pages=(3, 4))
    assert page_link(made.subject(), reference) == "https://arxiv.org/pdf/2601.01234v2#page=3"
    file = Subject(key="k", title="t", file="/papers/a (b) #1 ü.pdf")
    assert page_link(file, reference) == "file:///papers/a%20%28b%29%20%231%20%C3%BC.pdf#page=3"
    assert page_link(Subject(key="k", title="t", file="relative.pdf"), reference) == ""
    assert page_link(Subject(key="k", title="t", arxiv_id="javascript:x"), reference) == ""
    abstract = made.reference("x", "Abstract", (0, 0))
    assert (
        page_link(made.subject(), abstract) == "https://arxiv.org/abs/2601.01234v2" and page_link(file, abstract) == ""
    )


def test_a_quote_without_an_address_is_shown():
    record = made.breakdown().model_copy(update={"subject": Subject(key="k", title="t")})
    assert "(§3.1, p. 4: “The paper says: KiteNet steers a kite with sparse attention.”)" in report.breakdown_markdown(
        record
    )


def test_a_screen_can_link_to_its_own_page_view():
    html = report.breakdown_html(made.breakdown(), lambda subject, reference: f"#page-{reference.pages[0]}")
    assert 'href="#page-6"' in html and "arxiv.org/pdf/2601.01234v2#page" not in html


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (made.CODE, made.CODE),
        ("https://Example.org/A_b/~c?x=1&y=[2]#Frag", "https://Example.org/A_b/~c?x=1&y=[2]#Frag"),
        ("https://a.example/(x)", "https://a.example/%28x%29"),
        ("https://a.example/ü", "https://a.example/%C3%BC"),
        ("https://a.example/%C3%BC", "https://a.example/%C3%BC"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("https://a.example/x y", ""),
        ("https://a.example/\u202ex", ""),
        ("http://[::1", ""),
    ],
)
def test_only_web_addresses_become_links_and_stay_as_they_are(address, wanted):
    assert web_address(address) == wanted


def test_addresses_inside_text_are_cut_at_the_sentence_end():
    assert split_links("Code: https://a.example/X_y (see https://a.example/w(1)).") == [
        ("Code: ", ""),
        ("https://a.example/X_y", "https://a.example/X_y"),
        (" (see ", ""),
        ("https://a.example/w(1)", "https://a.example/w%281%29"),
        (").", ""),
    ]


def test_a_paper_is_called_by_its_name():
    assert short_title("BERT: Pre-training of Deep Transformers") == "BERT"
    assert short_title("A" * 30 + " " + "B" * 30) == "A" * 30 + "…"
    assert arxiv_address("no identifier") == ""


def test_every_word_is_there_in_both_languages_and_asked_for():
    english, chinese = phrases_of("en").by_name, phrases_of("zh").by_name
    assert english.keys() == chinese.keys()

    def blanks(word):
        return {
            blank
            for text in (word.values() if isinstance(word, dict) else [word])
            for blank in re.findall(r"{(\w+)}", text)
        }

    for name, word in english.items():
        assert blanks(word) - {"number"} == blanks(chinese[name]) - {"number"}, name
        assert all(text.strip() for text in (word.values() if isinstance(word, dict) else [word]))
    sources = [*TEMPLATES.glob("*.j2"), *(Path(module.__file__) for module in (report, phrases))]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    asked = set(
        re.findall(r"[\"']((?:page|citation|section|field|column|digest|counts|announced|left_out)\.\w+)[\"']", text)
    )
    assert asked - {"page.css"} <= english.keys()
    by_group = {"citation", "section", "field", "column", "announced", "left_out", "failed", "violation", "caveat"}
    by_group |= {"reason", "statement", "problem", "mark", "setting", "metric", "talk"}  # of answers and digests
    unused = {
        name
        for name in english
        if name.split(".")[0] not in by_group and not re.search(rf"\b{name.split('.')[1]}\b", text)
    }
    assert not unused
    fields = {f"field.{name}" for names in SECTIONS.values() for name in names} | {
        f"section.{name}" for name in SECTIONS
    }
    assert fields <= english.keys()


def test_a_missing_word_is_an_error():
    with pytest.raises(KeyError, match=r"assistant/words has no 'page\.nowhere' in 'zh'"):
        phrases_of("zh")("page.nowhere")


def test_code_finds_its_own_quotes_only_where_they_are_the_papers_words():
    quoted = made.finding("We did it.", made.reference("We did it."), origin=Origin.QUOTE)
    translated = quoted.model_copy(update={"text": "我们做到了。", "original": "We did it."})
    for finding, shown in ((quoted, "“We did it.”"), (translated, "我们做到了。")):
        field = Field(name="pain", findings=(finding,))
        text = report.breakdown_markdown(made.breakdown().model_copy(update={"fields": (field,)}))
        assert f"**What hurts in existing methods**: {shown} ([" in text


def accept() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name in PAGES:
        for language in LANGUAGES:
            (GOLDEN / f"{language}.{name}").write_text(golden_text(name, language), "utf-8")


if __name__ == "__main__":
    accept()
