"""A conversation as Markdown that can be checked without this program: numbered sources, and BibTeX of the papers."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from assistant.chat.conversation import Conversation, Turn
from index.model.plain_text import shown_text
from index.model.records import PaperRecord

_SPECIAL = {"\\": r"\textbackslash{}", **{each: f"\\{each}" for each in "&%$#_"},
            "{": r"\textbraceleft{}", "}": r"\textbraceright{}",  # BibTeX counts the brace of "\{" too
            "~": r"\textasciitilde{}",
            "^": r"\textasciicircum{}"}  # fmt: skip
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!])")


def conversation_markdown(conversation: Conversation, records: dict[str, PaperRecord]) -> str:
    """Questions, answers with [1], the quotes behind the numbers, and the BibTeX of every paper that was cited.

    Text of papers and models is escaped, so that it makes no link and no image when the Markdown is rendered.
    """
    kept = [(turn, turn.kept) for turn in conversation.turns]
    parts = [f"# {_plain(conversation.title)}", *(_turn(turn, answer) for turn, answer in kept)]
    cited = dict.fromkeys(each["paper"] for _, answer in kept for each in citations(answer))
    entries = [bibtex(records[paper]) for paper in cited if paper in records]
    if entries:
        parts.append("## BibTeX\n\n```bibtex\n" + "\n\n".join(entries) + "\n```")
    return "\n\n".join(parts) + "\n"


def citations(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The distinct citations of an answer, as assistant/contract.py shapes it, by their numbers."""
    found = {each["number"]: each for sentence in answer.get("sentences", []) for each in sentence["citations"]}
    return [found[number] for number in sorted(found)]


def bibtex(record: PaperRecord) -> str:
    """One entry; its key is first author, year, and the first word of the title, made of plain letters."""
    author = record.authors[0].split()[-1] if record.authors and record.authors[0].split() else "anonymous"
    words = [_letters(word) for word in record.title.split()]
    first = next((word for word in words if len(word) > 3), "paper")
    facts = {
        "title": record.title,
        "author": " and ".join(record.authors),
        "year": str(record.year or ""),
        "eprint": record.arxiv_id or "",
        "archivePrefix": "arXiv" if record.arxiv_id else "",
    }
    lines = [f"  {name} = {{{_tex(value)}}}," for name, value in facts.items() if value]
    key = f"{_letters(author) or 'anonymous'}{record.year or ''}{first}"
    return "\n".join([f"@{'misc' if record.arxiv_id else 'article'}{{{key},", *lines, "}"])


def _turn(turn: Turn, answer: dict[str, Any]) -> str:
    said = "\n".join(_sentence(each) for each in answer.get("sentences", [])) or _plain(turn.answer)
    sources = [
        f"{each['number']}. {_plain(each['title'])}, {_place(each)}: “{_plain(each['quote'])}”"
        for each in citations(answer)
    ]
    left_open = ["\n".join(f"*{_plain(line)}*" for line in answer["missing"])] if answer.get("missing") else []
    understood = turn.standalone_question
    note = f"\n\n*{_plain(understood)}*" if understood != turn.question else ""
    shown = [f"## {_plain(turn.question)}{note}", said, *left_open]
    return "\n\n".join([*shown, *(["\n".join(sources)] if sources else [])])


def _sentence(sentence: dict[str, Any]) -> str:
    numbers = "".join(f"\\[{each['number']}\\]" for each in sentence["citations"])
    about = f"{_plain(sentence['about'])}: " if sentence.get("about") else ""
    return f"{about}{_plain(sentence['text'])} {numbers or '(unsupported)'}"


def _place(citation: dict[str, Any]) -> str:
    first, last = citation["pages"]
    pages = f"p. {first}" if first == last else f"pp. {first}–{last}"
    return f"{_plain(citation['heading'][-1])}, {pages}" if citation["heading"] else pages


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", shown_text(" ".join(text.split())))


def _letters(text: str) -> str:
    folded: Iterable[str] = unicodedata.normalize("NFKD", text)
    return "".join(each for each in folded if each.isascii() and each.isalnum()).lower()


def _tex(text: str) -> str:
    return "".join(_SPECIAL.get(each, each) for each in shown_text(" ".join(text.split())))
