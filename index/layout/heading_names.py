"""The number and the name of a heading: "3.1 Attention" -> (("3", "1"), 2) and "attention"."""

import re

from index.layout.lines import CJK

NUMBERED = re.compile(
    r"""^(?:
      (?P<digits>\d{1,2}(?:\s?\.\s?\d{1,2}){0,3})(?P<dot>[.．:、])?
    | (?P<roman>[IVX]{1,5})\.(?=\s)
    | (?P<letter>[A-Z](?:\.\d{1,2}){0,3})(?:[.:]|(?=\s))
    | (?P<appendix>(?:Appendix|APPENDIX|附录)\s*(?:[A-Z]\b|\d{1,2})?(?:\.\d{1,2})*)(?:[.:]|(?=\s))
    | (?P<chinese>[一二三四五六七八九十]{1,3})[、.．]
    | 第\s*(?P<chapter>[一二三四五六七八九十\d]{1,3})\s*[章节部]
    )\s*(?P<title>\S.*)$""",
    re.VERBOSE,
)
_CHINESE_SUB = re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]\s*\S")
_NAMES = """
abstract, introduction, background, preliminaries, notation, method, methods, methodology, materials and methods,
results, experiments, evaluation, discussion, limitations, conclusion, conclusions, conclusion and future work,
conclusions and future work, future work, summary, executive summary, related work, related works, prior work,
literature review, references, bibliography, works cited, literature cited, acknowledgments, acknowledgements,
acknowledgment, acknowledgement, appendix, appendices, supplementary material, supplementary materials,
supplemental material, ethics statement, ethical considerations, broader impact, broader impacts, impact statement,
reproducibility statement, author contributions, data availability, code availability, competing interests, keywords,
index terms, contents, table of contents,
摘要, 引言, 前言, 绪论, 导读, 方法, 结果, 讨论, 结论, 结语, 致谢, 附录, 参考文献
"""
NAMES = frozenset(name.strip() for name in _NAMES.split(","))


def plain_name(text: str) -> str:
    """A heading without its number, in lower case, to compare it with names.

    >>> plain_name("5. Related Work"), plain_name("VI. CONCLUSION"), plain_name("A B S T R A C T")
    ('related work', 'conclusion', 'abstract')
    """
    spaced = re.fullmatch(r"(?:\w )+\w", text.strip())
    match = None if spaced else NUMBERED.match(text)
    title = match["title"] if match and len(match["title"]) > 2 else text
    title = re.sub(r"\s+", "" if spaced else " ", title)
    return title.strip(" .:：—–-[]【】").lower()


def number_of(text: str) -> tuple[tuple[str, ...], int]:
    """The parts of a heading's number and its depth: "3.1 Attention" -> (("3", "1"), 2)."""
    match = NUMBERED.match(text)
    if _CHINESE_SUB.match(text):
        return ("zh-sub",), 2
    if not match:
        return (), 0
    title = match["title"]
    if not (title[0].isupper() or CJK.match(title) or title[0] in "“\"'‘(" or (match["digits"] and title[0].isalpha())):
        return (), 0
    if match["digits"]:
        parts = tuple(re.sub(r"\s", "", match["digits"]).split("."))
        glued = text[len(match["digits"]) :][:1]
        if (glued.isalpha() and not CJK.match(glued)) or (len(parts) == 1 and int(parts[0]) > 40):
            return (), 0
        return parts, len(parts)
    if match["roman"]:
        return ("roman", match["roman"]), 1
    if match["letter"]:
        if not re.match(r"[A-Z](?:\.\d|[.:]|\s)", text):
            return (), 0
        parts = tuple(match["letter"].split("."))
        return parts, len(parts)
    if match["appendix"]:
        return ("appendix", match["appendix"]), 1 + match["appendix"].count(".")
    return ("zh", match["chinese"] or match["chapter"]), 1
