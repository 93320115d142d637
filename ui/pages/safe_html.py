"""Text of papers and models as HTML that can do nothing: escaped, without links and images; maths as MathML.

Markdown is read by markdown-it with only emphasis, code, lists and tables switched on, so a link stays the text that
it is; LaTeX is turned into MathML here, which browsers draw by themselves, and only its harmless elements are kept.
"""

import html
import re
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_MATHS = re.compile(
    r"\$\$(?P<block>[^$]{1,2000})\$\$|\\\[(?P<display>.{1,2000}?)\\\]|\\\((?P<inline>.{1,1000}?)\\\)"
    r"|(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]{0,500}[^\s$\\])?)\$(?![\d$])",
    re.DOTALL,
)
_LIKE_MATHS = re.compile(  # and not "5 or US"
    r"[\\^_={}<>+]|^[A-Za-z]$|^[A-Za-z]\([A-Za-z, ]+\)$|^\d+ ?[a-z]$|^\d[\d.,]*$"
)
_ELEMENTS = set(
    "math mrow mi mn mo mtext mspace msub msup msubsup mfrac msqrt mroot mstyle munder mover munderover mtable mtr mtd "
    "mpadded mphantom menclose mfenced".split()
)
_ATTRIBUTES = set("display mathvariant stretchy fence separator form linethickness columnalign rowspacing".split())
_BLOCK = re.compile(r"^ {0,3}(?:```|~~~|[-*+] |\d+\. |\|)|\n", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")


def escaped(text: str) -> str:
    """Text for HTML and for quoted attributes; control characters and turns of direction are taken out."""
    return html.escape(_CONTROL.sub("", text), quote=True)


def quote_html(text: str) -> str:
    """Return a paper's own words unchanged, except that LaTeX is rendered."""
    return _around_maths(text, escaped)


def prose_html(text: str) -> str:
    """A model's words, which may hold emphasis, code, lists, tables and LaTeX."""
    return _around_maths(text, partial(_markdown, whole=bool(_BLOCK.search(text))))


def _around_maths(text: str, shown: Callable[[str], str]) -> str:
    """Replace maths before Markdown can read its signs, and restore it as MathML."""
    maths: list[str] = []
    clean = _CONTROL.sub("", text)

    def keep(found: re.Match[str]) -> str:
        drawn = _mathml(found)
        if drawn is None:
            return found.group()
        maths.append(drawn)
        return f"\ue000{len(maths) - 1}\ue001"  # private-use characters, which no markup knows

    marked = _MATHS.sub(keep, clean.replace("\ue000", "").replace("\ue001", ""))
    return re.sub("\ue000(\\d+)\ue001", lambda found: maths[int(found.group(1))], shown(marked))


def _markdown(text: str, *, whole: bool) -> str:
    drawn: str = _reader().render(text) if whole else _reader().renderInline(text)
    return drawn


@cache
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    rules = ["emphasis", "backticks", "fence", "list", "table", "escape", "strikethrough"]
    return MarkdownIt("zero", {"html": False, "linkify": False}).enable(rules)


def _mathml(found: re.Match[str]) -> str | None:
    """Return MathML, or None if the text is not maths or cannot be parsed."""
    parts = found.groupdict()
    latex = next(value for value in parts.values() if value is not None)
    if parts["dollar"] is not None and not _LIKE_MATHS.search(latex):
        return None
    from latex2mathml.converter import convert

    display = "block" if parts["block"] or parts["display"] else "inline"
    try:
        drawn = ElementTree.fromstring(convert(latex, display=display))
    except Exception:  # the converter raises what it likes for a text that is no LaTeX
        return None
    return _harmless(drawn)


def _harmless(root: ElementTree.Element) -> str | None:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        if element.tag not in _ELEMENTS:
            return None
        for name in [name for name in element.attrib if name not in _ATTRIBUTES]:
            del element.attrib[name]
    return ElementTree.tostring(root, encoding="unicode")
