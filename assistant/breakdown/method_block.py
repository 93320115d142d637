"""What of a paper tells its method: the sections between introduction or related work and the first experiments.

Found by where the sections stand, since methods have no heading in common: only what surrounds them has. Of ten papers
that were read by hand such a block holds 140 of 168 telling sentences of the method, and the first sentences of its
subsections hold more of them than those chosen by cue words, by closeness to title and abstract, or by all of these
weighted on the other nine papers.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from index.model.paper import Paper, Section, Span

MIN_SECTIONS = 3  # of a level, to be that of the top-level sections
MAX_SENTENCES = 3  # of a run that is shown together
MAX_CHARACTERS = 600  # of such a run

_NUMBER = re.compile(
    r"^\W*(?:section\s+|第)?(?:[\dIVX]+|[A-Z]|[一二三四五六七八九十]+)(?:\.\d+)*(?:[.:、．章节]\s*|\s+)", re.IGNORECASE
)
# A sentence that cannot be read without the one before it.
_LEANING = re.compile(
    r"(?:this|these|those|it|they|such|here|there|second|third|finally|also|moreover|furthermore|additionally|hence"
    r"|thus|therefore|both|conversely|similarly|the (?:former|latter)|in (?:this|that) (?:setting|case|way|section)"
    r"|in the (?:former|latter)|the (?:first|second|third|other) (?:is|one)|to (?:\w+ ){1,2}(?:this|these))\b"
    r"|此外|因此|这|该|其|同时",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"abstract|introduction|motivation|related|background|previous|prior|literature"
    r"|摘要|引言|绪论|前言|相关|背景|文献|研究现状",
    re.IGNORECASE,
)
_EXPERIMENTS = re.compile(
    r"\b(?:experiment|result|evaluation|empirical|ablation)|实验|结果|评估|实证|仿真", re.IGNORECASE
)
_AFTER = re.compile(
    r"conclu|discussion|future|acknowl|reference|limitation|summary|broader|appendi|supplement"
    r"|结论|结语|讨论|展望|致谢|参考文献|附录",
    re.IGNORECASE,
)


def method_sections(paper: Paper) -> list[Section]:
    """The top-level sections that tell the method, in order; all that tell anything of their own if none comes first.

    A survey or an essay has no experiments, and then all between introduction and conclusion is its method.
    """
    levels = Counter(section.level for section in paper.sections)
    top = next((level for level in sorted(levels) if levels[level] >= MIN_SECTIONS), None)  # above it may be the title
    sections = [section for section in paper.sections if section.level == top]
    end = next((row for row, each in enumerate(sections) if _EXPERIMENTS.search(_bare(each))), len(sections))
    before = [each for each in sections[:end] if not _around(each)]
    return before or [each for each in sections if not _around(each) and not _EXPERIMENTS.search(_bare(each))]


def method_runs(paper: Paper, sentences: Sequence[Span]) -> list[list[Span]]:
    """The method's sentences, subsection by subsection, in runs of a few that nothing stands between.

    `sentences` are those of the paper that may be shown, in order. What is left out of them, as a formula or a figure,
    ends a run, so that each is one piece of the page.
    """
    sections = method_sections(paper)
    by_heading: dict[tuple[str, ...], list[Span]] = {}
    for each in (each for each in sentences if any(section.span.contains(each) for section in sections)):
        by_heading.setdefault(tuple(paper.headings(each.start)), []).append(each)
    return [list(_cut(paper, own)) for own in by_heading.values()]


def leans(sentence: str) -> bool:
    """Whether a sentence cannot be read without the one before it.

    >>> leans("To overcome this, two heads are used."), leans("Two heads are used.")
    (True, False)
    """
    return bool(_LEANING.match(sentence))


def _cut(paper: Paper, sentences: Sequence[Span]) -> Iterator[Span]:
    """Runs of sentences; one that leans on what is not in its run is left out."""
    run: Span | None = None
    count = 0
    for each in sentences:
        leaning = leans(paper.quote(each))
        whole = Span(run.start, each.end) if run is not None else each
        apart = run is None or bool(paper.text[run.end : each.start].strip())
        if not apart and (count < MAX_SENTENCES or leaning) and whole.length <= MAX_CHARACTERS:
            run, count = whole, count + 1
            continue
        if run is not None:
            yield run
        run, count = (None, 0) if leaning else (each, 1)
    if run is not None:
        yield run


def _bare(section: Section) -> str:
    return _NUMBER.sub("", section.heading).strip()


def _around(section: Section) -> bool:
    """Whether a section is one of those that surround the method."""
    bare = _bare(section)
    return bool(_BEFORE.match(bare) or _AFTER.match(bare))
