"""Answers, citations and passages as HTML. Everything that a paper, a model or a user wrote is escaped here.

What is shown is made from the JSON in which a turn is kept (assistant/contract.py), so an answer looks the same when
it has just been given, when the page is loaded again and in a second tab. A chip is a button with `data-paper`,
`data-start` and `data-end`: a click on any such button, in any tab, opens the source panel (ui/web/app.js).
"""

import hashlib
from collections.abc import Sequence

from assistant.answering.events import TextDelta
from assistant.answering.records import AnswerSentence
from assistant.chat.export import citations
from assistant.contract import Json, sentence_json
from assistant.verify.claim import Citation
from ui.pages.labels import Labels
from ui.pages.safe_html import escaped, prose_html, quote_html
from ui.pages.sentences import retold


def panel_html(words: Labels) -> str:
    """Return the empty, hidden source panel; its words for ui/web/app.js are in data attributes."""
    buttons = (
        ("previous", "‹", "app.page_before"),
        ("next", "›", "app.page_after"),
        ("smaller", "−", "app.smaller"),
        ("larger", "+", "app.larger"),
    )
    tools = "".join(
        f'<button type="button" data-panel="{name}" title="{_word(words, key)}" aria-label="{_word(words, key)}">'
        f"{sign}</button>"
        for name, sign, key in buttons
    )
    names = ("page_of", "loading", "unreachable", "page_image", "restarted")
    said = " ".join(f'data-{name}="{_word(words, f"app.{name}")}"' for name in names)
    return (
        f'<div id="source" role="dialog" aria-label="{_word(words, "app.source")}" tabindex="-1" hidden {said}>'
        f'<header><h2 id="source-title"></h2>'
        f'<button type="button" data-panel="close" title="{_word(words, "app.close")}" '
        f'aria-label="{_word(words, "app.close")}">✕</button></header>'
        f'<div class="tools">{tools}<span id="source-place" role="status"></span>'
        f'<a id="source-pdf" target="_blank" rel="noopener" href="#">{_word(words, "app.open_pdf")}</a></div>'
        f'<p id="source-changed" role="note" hidden>{_word(words, "app.changed")}</p>'
        '<blockquote id="source-quote" tabindex="0"></blockquote>'
        f'<div id="source-scroll" tabindex="0" role="region" aria-label="{_word(words, "app.page_region")}">'
        '<div id="source-sheet"></div></div></div><p id="lost" role="alert" hidden></p>'
    )


def quote_key(quote: str) -> str:
    """Return a short hash of a quote; line ends and spaces do not count."""
    return hashlib.sha256(" ".join(quote.split()).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _word(words: Labels, key: str) -> str:
    return escaped(words(key))


PASSAGES_SHOWN = 3  # nearest passages below a refusal
EVIDENCE_SHOWN = 5  # best sentences while the answer is being made
_GROUNDINGS = ("grounded", "partly", "ungrounded", "refused", "catalogue")
_TOOLTIP = 300  # characters of a quote that are shown on hovering


def turn_html(words: Labels, question: str, alone: str, answer: Json) -> str:
    """Return a question with its answer; `alone` is how a follow-up was understood."""
    return f'<article class="turn">{question_html(words, question, alone)}{answer_html(words, answer)}</article>'


def question_html(words: Labels, question: str, alone: str = "") -> str:
    """Return the user's question."""
    you = f'<span class="sr">{escaped(words("chat.you"))}</span>'
    shown = f'<h3 class="question">{you}{escaped(question)}</h3>'
    if not alone or alone == question:
        return shown
    return f'{shown}<p class="understood">{escaped(words("chat.understood", question=alone))}</p>'


def answer_html(words: Labels, answer: Json) -> str:
    """Return a whole answer: sentences with chips, their sources, and how well it is grounded."""
    grounding = str(answer.get("grounding", ""))
    if grounding == "refused":
        nearest = passages_html(words, answer.get("passages", [])[:PASSAGES_SHOWN])
        body = f'<p class="refusal">{escaped(str(answer.get("answer", "")))}</p>{nearest}'
    elif not answer.get("sentences"):
        lines = str(answer.get("answer", "")).splitlines()
        body = "".join(f'<p class="sentence">{escaped(line)}</p>' for line in lines)
    else:
        body = sentences_html(words, answer.get("sentences", []))
        body += "".join(note_html(str(line)) for line in answer.get("missing", []))
        body += sources_html(words, answer)
    return f'<div class="answer" data-grounding="{escaped(grounding)}">{body}{_footer(words, answer)}</div>'


def sentences_html(words: Labels, sentences: Sequence[Json]) -> str:
    """Return the sentences as running text; a paper's own words are set apart as quotes."""
    return "".join(_sentence(words, each) for each in sentences)


def sentence_shape(delta: TextDelta, earlier: list[Citation]) -> Json:
    """Return a sentence of an unfinished answer as it will be kept; its new citations are appended to `earlier`."""
    sentence = delta.sentence or AnswerSentence(delta.text, ())
    earlier += [each for each in sentence.citations if each not in earlier]
    return sentence_json(sentence, earlier, {})


def chip_html(words: Labels, citation: Json) -> str:
    """Return the number of a citation as a button that opens its page."""
    quote = " ".join(str(citation["quote"]).split())
    shown = quote if len(quote) <= _TOOLTIP else f"{quote[:_TOOLTIP]}…"
    where = f"{citation['title']}, {place(words, citation)}"
    label = words("chat.source_label", number=citation["number"], where=where, quote=shown)
    return _opener("chip", citation, str(citation["number"]), label, f"“{shown}”\n{where}")


def sources_html(words: Labels, answer: Json) -> str:
    """Return the citations with their quotes, in the order of their numbers."""
    found = citations(answer)
    if not found:
        return ""
    rows = "".join(f"<li>{_source(words, each)}</li>" for each in found)
    title = escaped(words("chat.sources", count=len(found)))
    return f'<details class="sources"><summary>{title}</summary><ol>{rows}</ol></details>'


def evidence_html(words: Labels, marked: Sequence[Citation]) -> str:
    """Return the best sentences of what was found, each with a button that opens its page."""
    shapes = [sentence_json(AnswerSentence("", (each,)), [each], {})["citations"][0] for each in marked]
    rows = "".join(f"<li>{_source(words, each)}</li>" for each in shapes[:EVIDENCE_SHOWN])
    title = escaped(words("chat.evidence"))
    return f'<section class="evidence"><h4>{title}</h4><ol class="passages">{rows}</ol></section>' if rows else ""


def passages_html(words: Labels, passages: Sequence[Json]) -> str:
    """Return passages that a search found, each with a button that opens its page."""
    rows = "".join(f"<li>{_source(words, {**each, 'quote': each['text']})}</li>" for each in passages)
    return f'<ol class="passages">{rows}</ol>' if rows else ""


def place(words: Labels, citation: Json) -> str:
    """Return heading and pages as people cite them."""
    first, last = citation["pages"]
    pages = words("chat.page", page=first) if first == last else words("chat.page_range", first=first, last=last)
    heading = citation.get("heading") or []
    return f"{heading[-1]}, {pages}" if heading else pages


def status_html(words: Labels, step: str, seconds: float) -> str:
    """What is being done and for how long; ui/app.js lets the clock run, and it is not read out."""
    form = escaped(words("chat.seconds", seconds="#"))
    clock = f'<span class="clock" aria-hidden="true" data-seconds="{seconds:.1f}" data-form="{form}"></span>'
    return f'<p class="status" role="status">{escaped(step)} {clock}</p>'


def note_html(text: str, kind: str = "note") -> str:
    """Return a sentence to the user; `kind` is note or fault."""
    role = "alert" if kind == "fault" else "note"
    return f'<p class="{escaped(kind)}" role="{role}">{escaped(text)}</p>'


def _sentence(words: Labels, sentence: Json) -> str:
    text = str(sentence["text"])
    chips = "".join(chip_html(words, each) for each in sentence["citations"])
    note = retold(words, str(sentence.get("note") or ""))
    reason = f' title="{escaped(words("chat.quoted_because"))} ({escaped(note)})"' if note else ""
    about = f'<h4 class="about">{escaped(str(sentence["about"]))}</h4>' if sentence.get("about") else ""
    if not sentence["citations"]:
        mark = f'<strong class="mark">{escaped(words("chat.unsupported"))}</strong>'
        return f'{about}<p class="sentence unsupported">{prose_html(text)} {mark}</p>'
    if text.startswith("“"):
        return f'{about}<blockquote class="sentence"{reason}>{quote_html(text)} {chips}</blockquote>'
    backed = sentence.get("support") == "backed"
    mark = f'<span class="backed" title="{_word(words, "chat.backed_why")}">{_word(words, "chat.backed")}</span>'
    return f'{about}<div class="sentence">{prose_html(text)} {chips}{mark if backed else ""}</div>'


def _source(words: Labels, citation: Json) -> str:
    where = _opener("open", citation, place(words, citation), words("chat.open_page"))
    quote = quote_html(" ".join(str(citation["quote"]).split()))
    head = "".join(f'<p class="table-head">{quote_html(str(line))}</p>' for line in citation.get("table") or [])
    return f"<cite>{escaped(str(citation['title']))}</cite>{where}{head}<blockquote>{quote}</blockquote>"


def _opener(kind: str, citation: Json, text: str, label: str, hover: str = "") -> str:
    start, end = citation.get("span") or (0, 0)
    facts = f'data-paper="{escaped(str(citation["paper"]))}" data-start="{int(start)}" data-end="{int(end)}"'
    page = f'data-page="{int(citation["pages"][0])}" {_quoted(str(citation["quote"])) if end else ""}'
    title = f' title="{escaped(hover or label)}"'
    named = f' aria-label="{escaped(label)}"' if hover else ""
    return f'<button type="button" class="{kind}" {facts} {page}{title}{named}>{escaped(text)}</button>'


def _quoted(quote: str) -> str:
    """The cited words and their key: the paper may have been replaced by the time that its page is opened."""
    return f'data-quoted="{quote_key(quote)}" data-quote="{escaped(" ".join(quote.split()))}"'


def _footer(words: Labels, answer: Json) -> str:
    grounding = str(answer.get("grounding", ""))
    facts = [words(f"chat.grounding_{grounding}")] if grounding in _GROUNDINGS else []
    seconds = (answer.get("seconds") or {}).get("total")
    facts += [words("chat.took", seconds=f"{seconds:.1f}")] if isinstance(seconds, int | float) else []
    name = (answer.get("model") or {}).get("name")
    facts.append(str(name) if name else words("chat.without_model"))
    said = f'data-copy="{escaped(plain_text(answer))}" data-done="{escaped(words("chat.copied"))}"'
    button = f'<button type="button" class="copy" {said}>{escaped(words("chat.copy"))}</button>'
    return f'<footer><span class="facts">{escaped(" · ".join(facts))}</span>{button}</footer>'


def plain_text(answer: Json) -> str:
    """The answer with its citations as text, to be pasted elsewhere."""
    found: dict[int, Json] = {}
    lines = []
    for sentence in answer.get("sentences", []):
        found |= {each["number"]: each for each in sentence["citations"]}
        numbers = "".join(f"[{each['number']}]" for each in sentence["citations"])
        about = f"{sentence['about']}: " if sentence.get("about") else ""
        lines.append(f"{about}{sentence['text']} {numbers}".strip())
    pages = {number: "–".join(map(str, dict.fromkeys(each["pages"]))) for number, each in found.items()}
    sources = [
        f"[{number}] {each['title']}, p. {pages[number]}: “{' '.join(each['quote'].split())}”"
        for number, each in sorted(found.items())
    ]
    return "\n".join([*lines, "", *sources]) if lines else str(answer.get("answer", ""))
