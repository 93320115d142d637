"""Records of made-up papers for the tests of pages; `say` passes over every text that a stranger may have written."""

from collections.abc import Callable
from datetime import date

from assistant.breakdown.record import (
    SECTIONS,
    Basis,
    Breakdown,
    Column,
    Comparison,
    Field,
    Finding,
    Origin,
    Reference,
    Subject,
)
from assistant.digest.record import Card, Counts, Digest, Linked, Summary
from assistant.llm.prompts import Language

Say = Callable[[str], str]

CODE = "https://github.com/Example-Lab/Kite_Net-v2"


def as_it_is(text: str) -> str:
    return text


def reference(quote: str, label: str = "§3.1", pages: tuple[int, int] = (4, 4), say: Say = as_it_is) -> Reference:
    return Reference(start=10, end=10 + len(quote), quote=say(quote), pages=pages, label=say(label))


def finding(text: str, *references: Reference, origin: Origin = Origin.MODEL, original: str = "") -> Finding:
    return Finding(text=text, origin=origin, references=references, original=original)


def subject(say: Say = as_it_is, basis: Basis = Basis.FULL_TEXT) -> Subject:
    return Subject(
        key="k1",
        title=say("KiteNet: Steering Kites with Sparse Attention"),
        authors=(say("Ada Muster"), say("Bo Beispiel")),
        year=2026,
        arxiv_id="2601.01234v2",
        pages=9 if basis is Basis.FULL_TEXT else 0,
        basis=basis,
        reason="" if basis is Basis.FULL_TEXT else say("the PDF has no text layer"),
    )


ENGLISH = {
    "abstract": ["KiteNet steers a kite with sparse attention.", "It needs a tenth of the memory."],
    "drive": ["Kites fly in wind that changes within a second."],
    "pain": ["Existing controllers attend to every sensor.", "They fall behind at 200 Hz."],
    "pipeline": ["Read the line tensions.", "Keep the eight strongest.", "Turn the bar."],
    "contributions": ["A sparse controller for kites."],
    "datasets": ["WindBench"],
    "results": ["KiteNet holds the kite for 31.6 minutes, 4.2 minutes longer than the baseline."],
    "limitations": ["We did not fly in rain."],
    "core_idea": ["Attend to eight sensors, not to all."],
    "remember": ["Measure the tensions.", "Keep eight.", "Steer."],
}
CHINESE = {
    "abstract": ["KiteNet 用稀疏注意力控制风筝。", "内存只需十分之一。"],
    "drive": ["风在一秒之内就会变化。"],
    "pain": ["现有控制器关注所有传感器。", "在 200 Hz 下跟不上。"],
    "pipeline": ["读取线的张力。", "保留最强的八个。", "转动操纵杆。"],
    "contributions": ["用于风筝的稀疏控制器。"],
    "datasets": ["WindBench"],
    "results": ["KiteNet 使风筝保持 31.6 分钟，比基线长 4.2 分钟。"],
    "core_idea": ["只关注八个传感器，而非全部。"],
    "remember": ["测量张力。", "保留八个。", "控制方向。"],
}


def breakdown(
    language: Language = "en", say: Say = as_it_is, basis: Basis = Basis.FULL_TEXT, model: str = "m-1.5b"
) -> Breakdown:
    pages = (4, 4) if basis is Basis.FULL_TEXT else (0, 0)
    fields = []
    for name in (name for names in SECTIONS.values() for name in names):
        findings: list[Finding] = []
        for row, english in enumerate(ENGLISH.get(name, [])):
            label, at = ("Table 2", (8, 8)) if name == "results" else ("§4.1.2", (6, 7)) if row else ("§3.1", pages)
            if basis is Basis.ABSTRACT:
                label, at = "Abstract", pages
            carried = reference(f"The paper says: {english}", label, at, say)
            if name == "limitations":
                findings.append(finding(say(english), carried, origin=Origin.QUOTE))
                continue
            translated = CHINESE[name][row] if language == "zh" else english
            original = say(english) if translated != english else ""
            findings.append(finding(say(translated), carried, original=original))
        if name == "code":
            findings.append(finding(CODE, reference(f"Code is at {CODE}.", "§1", pages, say), origin=Origin.CODE))
        fields.append(Field(name=name, findings=tuple(findings)))
    return Breakdown(
        subject=subject(say, basis),
        language=language,
        model=model,
        prompts="3",
        made_at="2026-01-20T06:14:09+00:00",
        fields=tuple(fields),
        violations={"cut": 2},
    )


def comparison(language: Language = "en", say: Say = as_it_is) -> Comparison:
    other = Subject(key="k2", title=say("Reeling In"), file="/papers/reeling in (1).pdf", pages=4)
    one = finding(say("Sparse attention | over sensors."), reference("Sparse attention is used.", say=say))
    two = finding(say("It reels."), reference("We reel the line in.", "Method", (2, 2), say), origin=Origin.QUOTE)
    link = finding(CODE, reference(f"Code: {CODE}", say=say), origin=Origin.CODE)
    return Comparison(
        subjects=(subject(say), other),
        language=language,
        columns=(
            Column(name="method", cells=((one, two), (two,))),
            Column(name="results", cells=((), ())),
            Column(name="code", cells=((link,), ())),
        ),
    )


def card(number: int, say: Say = as_it_is, **values: object) -> Card:
    known: dict[str, object] = {
        "arxiv_id": f"2601.0123{number}v1",
        "title": say(f"KiteNet {number}: Steering Kites with Sparse Attention"),
        "authors": (say("Ada Muster"), say("Bo Beispiel")),
        "categories": ("cs.RO", "cs.LG"),
        "abstract": say("Kites fly in wind. We steer them."),
        "announced": "new",
        "announced_on": date(2026, 1, 19),
        "score": 0.5,
        "reasons": (say("close to your interests"),),
    }
    return Card.model_validate(known | values)


def digest(kind: str = "digest", language: Language = "en", say: Say = as_it_is) -> Digest:
    cards = (
        card(1, say, treatment="full text", breakdown=breakdown(language, say), code_links=(CODE, say("ftp://x"))),
        card(2, say, treatment="abstract only", breakdown=breakdown(language, say, Basis.ABSTRACT, ""),
             announced="replace", updated_since=date(2026, 1, 12), matched=(say("kite"),)),
        card(3, say, announced="cross"),
        card(4, say, treatment="failed", note=say("the PDF could not be read: password needed")),
    )  # fmt: skip
    counts = Counts(
        announced=12, by_type={"new": 9, "cross": 1, "replace": 2}, left_out={"no keyword": 5, "other category": 2},
        seen=1, full_text=1, abstract_only=1, listed=1, failed=1, failures={"password needed": 1},
    )  # fmt: skip
    linked = Linked(
        text=say("Sparse attention steers."), papers=(cards[0].arxiv_id, cards[1].arxiv_id), words=(say("w"),)
    )
    return Digest.model_validate(
        {
            "kind": kind, "profile": "robotics", "day": date(2026, 1, 20), "language": language,
            "categories": ("cs.RO",), "keywords": (say("kite"), say("sparse attention")), "interests": say("kites"),
            "model": "m-1.5b", "made_at": "2026-01-20T06:14:09+00:00", "sources": ("https://rss.arxiv.org/rss/cs.RO",),
            "warnings": (say("The feed of cs.RO ends early: 12 of 14 papers."),), "counts": counts, "cards": cards,
            "summary": Summary(themes=(linked,), reading=(linked,)),
        }
    )  # fmt: skip
