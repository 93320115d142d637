"""A conversation as Markdown that can be checked without this program: numbered sources, and BibTeX of the papers."""

from collections.abc import Mapping
from typing import Any

from assistant.chat.conversation import Conversation, Turn
from assistant.references.bibliography import bibliography, cited_papers
from assistant.references.reference import Reference
from assistant.report.escape import markdown_text


def papers_cited(conversation: Conversation) -> list[str]:
    """The ids of the papers that its answers cite, each once, in their order."""
    return list(dict.fromkeys(paper for turn in conversation.turns for paper in cited_papers(turn.kept)))


def conversation_markdown(conversation: Conversation, references: Mapping[str, Reference]) -> str:
    """Questions, answers with [1], the quotes behind the numbers, and the BibTeX of every paper that was cited.

    `references` are those of papers, by their ids; a paper that is gone has none.
    Text of papers and models is escaped, so that it makes no link and no image when the Markdown is rendered.
    """
    kept = [(turn, turn.kept) for turn in conversation.turns]
    parts = [f"# {markdown_text(conversation.title)}", *(_turn(turn, answer) for turn, answer in kept)]
    cited = [references[paper] for paper in papers_cited(conversation) if paper in references]
    if cited:
        parts.append(f"## BibTeX\n\n```bibtex\n{bibliography(cited, 'bibtex')}```")
    return "\n\n".join(parts) + "\n"


def citations(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The distinct citations of an answer, as assistant/contract.py shapes it, by their numbers."""
    found = {each["number"]: each for sentence in answer.get("sentences", []) for each in sentence["citations"]}
    return [found[number] for number in sorted(found)]


def _turn(turn: Turn, answer: dict[str, Any]) -> str:
    said = "\n".join(_sentence(each) for each in answer.get("sentences", [])) or markdown_text(turn.answer)
    sources = [
        f"{each['number']}. {markdown_text(each['title'])}, {_place(each)}: “{markdown_text(each['quote'])}”"
        for each in citations(answer)
    ]
    left_open = ["\n".join(f"*{markdown_text(line)}*" for line in answer["missing"])] if answer.get("missing") else []
    understood = turn.standalone_question
    note = f"\n\n*{markdown_text(understood)}*" if understood != turn.question else ""
    shown = [f"## {markdown_text(turn.question)}{note}", said, *left_open]
    return "\n\n".join([*shown, *(["\n".join(sources)] if sources else [])])


def _sentence(sentence: dict[str, Any]) -> str:
    numbers = "".join(f"\\[{each['number']}\\]" for each in sentence["citations"])
    about = f"{markdown_text(sentence['about'])}: " if sentence.get("about") else ""
    return f"{about}{markdown_text(sentence['text'])} {numbers or '(unsupported)'}"


def _place(citation: dict[str, Any]) -> str:
    first, last = citation["pages"]
    pages = f"p. {first}" if first == last else f"pp. {first}–{last}"
    return f"{markdown_text(citation['heading'][-1])}, {pages}" if citation["heading"] else pages
