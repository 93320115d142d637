"""The five reference reports in the parts that the contract reads, whatever their own shape is."""

import re

from page_faults import CardText, PageText, Part, paper_of, parts_of

from index.structure.sentences import sentence_spans

CARD_OF_B = re.compile(r"^## (\d+\. .+)$", re.MULTILINE)


def reference_parts(text: str) -> PageText:
    return _digest(text) if "\n<a id='" in text else _monitor(text)


def _digest(text: str) -> PageText:
    """System A: our own anchors; the analysis ends before "Key Findings"."""
    page = parts_of(text)
    return PageText(page.text, page.frame, tuple(_with_findings(card) for card in page.cards))


def _with_findings(card: CardText) -> CardText:
    analysis, _, rest = card.analysis.text.partition("\n**Key Findings:**\n")
    listed, _, _ = rest.partition("\n**Links:**\n")
    start = card.analysis.start + len(analysis) + len("\n**Key Findings:**\n")
    findings = tuple(Part(line.group(), start + line.start()) for line in re.finditer(r"^- .*$", listed, re.MULTILINE))
    return CardText(card.paper, card.title, card.level, card.head, Part(analysis, card.analysis.start), findings)


def _monitor(text: str) -> PageText:
    """System B: a numbered heading begins a card, "AI分析" its analysis, a rule ends it."""
    starts = list(CARD_OF_B.finditer(text))
    cards = []
    for row, match in enumerate(starts):
        end = starts[row + 1].start() if row + 1 < len(starts) else len(text)
        middle = text.index("\n", text.index("\n### AI分析", match.end(), end) + 1) + 1
        last = text.rindex("\n---\n", middle, end) + 1
        head, analysis = Part(text[match.start() : middle], match.start()), Part(text[middle:last], middle)
        paper = re.search(r"oai:arXiv\.org:([^\]\s]+)\]", head.text)
        cards.append(CardText(paper_of(paper[1]), match[1], 2, head, analysis))
    return PageText(text, (Part(text[: starts[0].start()], 0),), tuple(cards))


def chinese_abstracts(page: PageText) -> list[str]:
    """The sentences of the translated abstracts, which are fine Chinese."""
    found = []
    for card in page.cards:
        section = re.search(r"### 1\. 摘要翻译(.*?)### 2\.", card.analysis.text, re.DOTALL)
        for paragraph in re.split(r"\n\s*\n", section[1]) if section else ():
            said = re.sub(r"^\*\*[^*\n]+\*\*\s*", "", paragraph.strip())
            if len(re.findall(r"[\u4e00-\u9fff]", said)) > 40 and "原文摘要" not in paragraph:
                found += [said[span.start : span.end] for span in sentence_spans(said)]
    return found
