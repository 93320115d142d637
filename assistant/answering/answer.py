"""A question to an answer whose every sentence was checked: evidence first, claim second, code verifies.

The model reads the best passages one at a time. From each it copies the words that answer the question and then says
the answer, or NOT FOUND; code finds the span behind each sentence. Where no passage answers, the question is refused.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from assistant.answering.caveats import Missing
from assistant.answering.events import AnswerReady, Event, EvidenceFound, TextDelta, Working
from assistant.answering.inventory import MOST, parts_asked_for
from assistant.answering.per_paper import MOST_PAPERS, asked_of_one, quote_of, read_each
from assistant.answering.question_format import without_form
from assistant.answering.question_parts import open_parts
from assistant.answering.read_passages import MOST_READ, UNVERIFIED, Reader
from assistant.answering.records import Answer, AnswerSentence, Checked, Grounding, answers, quoted, speaks_of
from assistant.answering.whole_paper import Aspect, aspect_of, stretches
from assistant.language.translate import to_chinese, to_english
from assistant.llm.chat_model import ChatModel, PromptTooLong
from assistant.llm.prompts import Language, load_prompt
from assistant.verify.claim import Citation
from assistant.verify.table_check import ONLY_ROWS, misread, rows_asked_for
from assistant.verify.terms import is_chinese
from index.model.paper import Paper, Passage, Span
from index.model.records import Filters
from index.search.searcher import Question, Search, Searcher, best_sentences

READ_OF_PART = 2  # passages that are read for a part of the question that the first ones leave open
QUOTES = 3  # sentences of an answer without a model
LEAST_OF_QUOTES = 0.4  # share of the question's content words that a quote and its headings must hold; see RESULTS.md


@dataclass
class _Asking:
    """A question while it is answered: how it is searched, where, what was found, and what became of it so far."""

    question: Question
    filters: Filters | None
    found: Search
    aspect: Aspect | None
    passages: list[Passage]
    missing: Missing
    reader: Reader | None
    checked: Checked
    of_each: bool  # whether every paper is asked by itself


@dataclass
class Asker:
    """Answers questions over one library, with a chat model or without."""

    searcher: Searcher
    model: ChatModel | None
    passages: int = 8
    cancelled: Callable[[], bool] | None = None
    _seconds: dict[str, float] = field(default_factory=dict)

    def answer(self, question: str, *, filters: Filters | None = None, language: str = "auto") -> Iterator[Event]:
        """`Working`*, `EvidenceFound`, `TextDelta`*, `AnswerReady`.

        `language` is that of the answer: en, zh, or auto for the question's own. Raises ModelError where the server
        fails in the middle; without a model the best passages are quoted.
        """
        started = time.perf_counter()
        self._seconds = {}
        spoken: Language = ("zh" if is_chinese(question) else "en") if language == "auto" else _language(language)
        yield Working("searching")
        one = asked_of_one(question) if self.searcher.papers(filters) > 1 else None
        asking = self._search(self.asked(one or question), spoken, filters, of_each=one is not None)
        yield EvidenceFound(tuple(asking.passages), asking.found.seconds)

        texts: list[str] = []
        sentences = asking.checked.sentences
        for event in self._sentences(asking):
            if isinstance(event, Working):
                yield event
                continue
            shown = self._in_language(event, spoken)
            sentences[sentences.index(event)] = shown
            texts.append(f"{_between(asking, spoken) if texts else ''}{shown.as_text}")
            yield TextDelta(texts[-1], shown)
        if not sentences:
            texts = [" ".join(asking.missing.lines) or self._refusal(asking, spoken)]
            yield TextDelta(texts[0])
        elif not asking.aspect and not asking.of_each:
            asking.missing.parts(sentences)
        if asking.reader and asking.reader.seconds:
            self._seconds["draft"] = round(asking.reader.seconds, 3)
        self._seconds["total"] = round(time.perf_counter() - started, 3)
        yield AnswerReady(self._answer(question, asking, spoken, "".join(texts)))

    def asked(self, question: str) -> Question:
        """The question as it is searched: without the form of its answer; a Chinese one with its translation."""
        question = without_form(question)
        if self.model is None or not is_chinese(question):
            return Question(question)
        started = time.perf_counter()
        english = to_english(self.model, question, self.cancelled)
        self._seconds["translate"] = round(time.perf_counter() - started, 3)
        return Question(question, english)

    def _search(self, asked: Question, spoken: Language, filters: Filters | None, *, of_each: bool) -> _Asking:
        limit, per_paper = (MOST_PAPERS, 1) if of_each else (self.passages, 0)
        found = self.searcher.search(asked, limit, filters, per_paper=per_paper)
        self._seconds |= {f"search_{step}": seconds for step, seconds in found.seconds.items()}
        aspect = None if of_each else aspect_of(asked.forms[-1], found.passages)
        passages = stretches(aspect) if aspect and self.model else found.passages
        reader = Reader(self.model, self.cancelled) if self.model else None
        checked = Checked(about=aspect.cues if aspect else "")
        missing = Missing(asked, spoken)
        return _Asking(asked, filters, found, aspect, list(passages), missing, reader, checked, of_each)

    def _answer(self, question: str, asking: _Asking, spoken: Language, text: str) -> Answer:
        checked = asking.checked
        return Answer(
            question=question,
            searched_as=asking.question.forms,
            language=spoken,
            grounding=checked.grounding if checked.sentences else Grounding.REFUSED,
            text=text,
            sentences=tuple(checked.sentences),
            passages=tuple(asking.passages),
            missing=tuple(asking.missing.lines) if checked.sentences else (),
            invented_citations=checked.invented,
            seconds=dict(self._seconds),
            usage=asking.reader.usage if asking.reader else None,
        )

    def _sentences(self, asking: _Asking) -> Iterator[Working | AnswerSentence]:
        """The sentences of the answer as they are verified; none where the question must be refused."""
        asked, found, checked, missing = asking.question, asking.found, asking.checked, asking.missing
        if asking.of_each:
            yield from self._from_each(asking)
            return
        lacks_place = not found.placed and missing.absent(found)
        if missing.names(found) or lacks_place or not asking.passages:
            return
        if found.paper and (parts := parts_asked_for(asked.text, found.paper)):
            missing.counted(len(parts))
            yield from _quotes_of([(found.paper, part) for part in parts[:MOST]], checked)
            return
        if asking.aspect or found.placed or speaks_of(asked, asking.passages):
            yield from self._read_or_quote(asking)
        if not asking.aspect and all(sentence.reason for sentence in checked.sentences):
            rows = rows_asked_for(asked.forms[-1], asking.passages[:MOST_READ])
            yield from _quotes_of(rows, checked, ONLY_ROWS)
        if not checked.sentences and (shown := missing.shown(found)):
            checked.sentences.append(shown)
            yield shown
        if found.placed:
            missing.absent(found)

    def _from_each(self, asking: _Asking) -> Iterator[Working | AnswerSentence]:
        """What the best passage of each paper answers; below it, which papers were read."""
        asked, passages, checked = asking.question, asking.passages, asking.checked
        if asking.reader is None:
            for passage in passages:
                if cited := quote_of(asked, passage):
                    checked.sentences.append(replace(quoted(cited), about=passage.paper.title))
                    yield checked.sentences[-1]
        else:
            passages = yield from read_each(asking.reader, asked, passages, checked)
        if checked.sentences:
            said = {cited.paper.id for sentence in checked.sentences for cited in sentence.citations}
            silent = [passage.paper.title for passage in passages if passage.paper.id not in said]
            asking.missing.each(len(passages), self.searcher.papers(asking.filters), silent)

    def _read_or_quote(self, asking: _Asking) -> Iterator[Working | AnswerSentence]:
        asked, passages, checked = asking.question, asking.passages, asking.checked
        if asking.reader is None:
            yield from self._quotes(asked, passages, checked)
        elif asking.aspect is not None:
            yield from asking.reader.read(passages, asking.aspect.question, checked, whole=True)
        else:
            seeming = yield from asking.reader.read(passages, asked.wording, checked)
            yield from self._open_parts(asking.reader, asking)
            if seeming and not checked.sentences:
                yield from self._quotes(asked, seeming, checked, UNVERIFIED)

    def _open_parts(self, reader: Reader, asking: _Asking) -> Iterator[Working | AnswerSentence]:
        """Parts of the question that its passages leave open, searched by themselves in the papers that are cited."""
        checked = asking.checked
        for part in open_parts(reader.model, asking.question, checked.sentences, self.cancelled):
            yield Working("searching")
            cited = frozenset(cited.paper.id for sentence in checked.sentences for cited in sentence.citations)
            filters = replace(asking.filters or Filters(), papers=cited) if cited else asking.filters
            found = self.searcher.search(part, self.passages, filters).passages[:READ_OF_PART]
            if not speaks_of(part, found):
                continue
            known = {(each.paper.id, each.span) for each in asking.passages}
            asking.passages += [each for each in found if (each.paper.id, each.span) not in known]
            checked.quoting = not checked.sentences  # to an answer only what verifies adds
            with suppress(PromptTooLong):  # what there is stays an answer
                yield from reader.read(found, part.wording, checked)

    def _quotes(
        self, asked: Question, passages: Sequence[Passage], checked: Checked, reason: str = ""
    ) -> Iterator[AnswerSentence]:
        spans = best_sentences(self.searcher.embedder, asked.forms[-1], passages, QUOTES if len(passages) > 1 else 1)
        for passage, span in spans:
            citation = Citation(passage.paper, span)
            wording = asked.wording(is_chinese(passage.text)) or ""
            speaks = answers(wording, "", citation, least=LEAST_OF_QUOTES) and not misread(wording, passage.paper, span)
            if not reason or speaks:
                checked.sentences.append(quoted(citation, reason))
                yield checked.sentences[-1]

    def _in_language(self, sentence: AnswerSentence, spoken: Language) -> AnswerSentence:
        """A verified sentence in the reader's language; a quote stays in the paper's words."""
        if self.model is None or spoken == "en" or is_chinese(sentence.text) or sentence.text.startswith("“"):
            return sentence
        chinese = to_chinese(self.model, sentence.text, self.cancelled)
        return replace(sentence, text=chinese)

    def _refusal(self, asking: _Asking, spoken: Language) -> str:
        papers = self.searcher.papers(asking.filters)
        searched = " / ".join(asking.question.forms)
        return load_prompt("refusal", spoken, papers=str(papers), searched=searched)[0].content


def _quotes_of(spans: Sequence[tuple[Paper, Span]], checked: Checked, reason: str = "") -> Iterator[AnswerSentence]:
    """What code found by itself, as quotes; none of what is quoted already."""
    shown = [cited for sentence in checked.sentences for cited in sentence.citations]
    for paper, span in spans:
        if not any(cited.paper.id == paper.id and cited.span.overlaps(span) for cited in shown):
            checked.sentences.append(quoted(Citation(paper, span), reason))
            yield checked.sentences[-1]


def _between(asking: _Asking, spoken: Language) -> str:
    """What stands between two sentences of an answer: papers stand on lines of their own."""
    return "\n" if asking.of_each else " " if spoken == "en" else ""


def _language(language: str) -> Language:
    return "zh" if language == "zh" else "en"
