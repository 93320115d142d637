"""A question to an answer whose every sentence was checked: evidence first, claim second, code verifies.

The model reads the best passages one at a time. From each it copies the words that answer the question and then says
the answer, or NOT FOUND; code finds the span behind each sentence. Where no passage answers, the question is refused.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from assistant.chat_model import ChatModel, Usage
from assistant.checked import Answer, AnswerSentence, Checked, Grounding, quoted
from assistant.citations import Citation
from assistant.draft import draft_statement, overhead_tokens
from assistant.events import AnswerReady, Event, EvidenceFound, TextDelta, Working
from assistant.evidence import Evidence, fitting_evidence
from assistant.prompts import Language, load_prompt
from assistant.terms import content_stems, is_chinese
from assistant.translate import to_chinese, to_english
from assistant.whole_paper import Aspect, aspect_of, whole_paper_statements
from index.paper import Passage
from index.records import Filters
from index.search import Question, Searcher, best_sentences

ENOUGH = 2  # sentences that carry an answer; further passages are not read then: about eight seconds each
MOST_READ = 4  # passages that are read before a refusal
QUOTES = 3  # sentences of an answer without a model
LEAST_COVERAGE = 0.34  # share of the question's content words that the passages must hold for quotes to be an answer


@dataclass
class Asker:
    """Answers questions over one library, with a chat model or without."""

    searcher: Searcher
    model: ChatModel | None
    passages: int = 8
    evidence_tokens: int = 1300
    cancelled: Callable[[], bool] | None = None
    _seconds: dict[str, float] = field(default_factory=dict)
    _usage: Usage | None = None

    def answer(self, question: str, *, filters: Filters | None = None, language: str = "auto") -> Iterator[Event]:
        """`Working`*, `EvidenceFound`, `TextDelta`*, `AnswerReady`.

        `language` is that of the answer: en, zh, or auto for the question's own. Raises ModelError where the model
        fails in the middle; without a model the best passages are quoted.
        """
        started = time.perf_counter()
        self._seconds, self._usage = {}, None
        spoken: Language = ("zh" if is_chinese(question) else "en") if language == "auto" else _language(language)
        yield Working("searching")
        asked = Question(question, self._translated(question))
        found = self.searcher.search(asked, self.passages, filters)
        self._seconds |= {f"search_{step}": seconds for step, seconds in found.seconds.items()}
        passages = tuple(found.passages)
        yield EvidenceFound(passages, found.seconds)

        aspect = aspect_of(asked.forms[-1], passages)
        checked = Checked("" if aspect else asked.forms[-1])
        texts: list[str] = []
        for event in self._sentences(asked, aspect, passages, checked):
            if isinstance(event, Working):
                yield event
                continue
            shown = self._in_language(event, spoken)
            checked.sentences[checked.sentences.index(event)] = shown
            texts.append(f"{' ' if texts and spoken == 'en' else ''}{shown.text}")
            yield TextDelta(texts[-1])
        grounding = checked.grounding
        if not checked.sentences:
            grounding = Grounding.REFUSED
            texts = [self._refusal(asked, spoken, filters)]
            yield TextDelta(texts[0])
        self._seconds["total"] = round(time.perf_counter() - started, 3)
        yield AnswerReady(
            Answer(
                question=question,
                searched_as=asked.forms,
                language=spoken,
                grounding=grounding,
                text="".join(texts),
                sentences=tuple(checked.sentences),
                passages=passages,
                invented_citations=checked.invented,
                seconds=dict(self._seconds),
                usage=self._usage,
            )
        )

    def _sentences(
        self, asked: Question, aspect: Aspect | None, passages: tuple[Passage, ...], checked: Checked
    ) -> Iterator[Working | AnswerSentence]:
        """The sentences of the answer as they are verified; none where the question must be refused."""
        if self.model is not None and aspect is not None:
            yield from whole_paper_statements(self.model, aspect, checked, self._used, self.cancelled)
        elif not passages or not (aspect or _speaks_of(asked, passages)):
            return
        elif self.model is None:
            yield from self._quotes(asked, passages, checked)
        else:
            yield from self._drafted(self.model, asked, passages, checked)

    def _drafted(
        self, model: ChatModel, asked: Question, passages: tuple[Passage, ...], checked: Checked
    ) -> Iterator[Working | AnswerSentence]:
        written: Language = "zh" if is_chinese(passages[0].text) else "en"
        question = asked.text if (written == "zh") == is_chinese(asked.text) else asked.forms[-1]
        room = model.settings.num_ctx - overhead_tokens(model, question, written)
        evidence = fitting_evidence(passages, min(self.evidence_tokens, room), model.count).passages[:MOST_READ]
        found: list[Passage] = []
        for row, passage in enumerate(evidence, start=1):
            yield Working("reading", row, len(evidence))
            started = time.perf_counter()
            statement, usage = draft_statement(model, question, passage, written, self.cancelled)
            self._used(usage)
            self._seconds["draft"] = round(self._seconds.get("draft", 0) + time.perf_counter() - started, 3)
            if statement.answered:
                found.append(passage)
                yield from checked.check(statement, Evidence((passage,)))
            if len(checked.sentences) >= ENOUGH:
                return
        if found and not checked.sentences:
            yield from self._quotes(asked, tuple(found), checked, "the model's own words could not be verified")

    def _quotes(
        self, asked: Question, passages: tuple[Passage, ...], checked: Checked, reason: str = ""
    ) -> Iterator[AnswerSentence]:
        spans = best_sentences(self.searcher.embedder, asked.forms[-1], passages, QUOTES if len(passages) > 1 else 1)
        for passage, span in spans:
            citation = Citation(passage.paper, span)
            if not reason or checked.answers("", citation):
                checked.sentences.append(quoted(citation, reason))
                yield checked.sentences[-1]

    def _translated(self, question: str) -> str | None:
        if self.model is None or not is_chinese(question) or self.searcher.embedder.multilingual:
            return None
        started = time.perf_counter()
        english = to_english(self.model, question)
        self._seconds["translate"] = round(time.perf_counter() - started, 3)
        return english

    def _in_language(self, sentence: AnswerSentence, spoken: Language) -> AnswerSentence:
        """A verified sentence in the reader's language; a quote stays in the paper's words."""
        if self.model is None or spoken == "en" or is_chinese(sentence.text) or sentence.text.startswith("“"):
            return sentence
        return AnswerSentence(to_chinese(self.model, sentence.text), sentence.citations, sentence.reason)

    def _used(self, usage: Usage) -> None:
        """Keeps the call with the longest prompt, the one nearest to the window."""
        if self._usage is None or usage.prompt_tokens > self._usage.prompt_tokens:
            self._usage = usage

    def _refusal(self, asked: Question, spoken: Language, filters: Filters | None) -> str:
        papers = self.searcher.papers(filters)
        searched = " / ".join(asked.forms)
        return load_prompt("refusal", spoken, papers=str(papers), searched=searched)[0].content


def _language(language: str) -> Language:
    return "zh" if language == "zh" else "en"


def _speaks_of(asked: Question, passages: tuple[Passage, ...]) -> bool:
    """Whether the passages hold enough of the question's content words to be about it at all."""
    held = {stem for passage in passages for stem in content_stems(f"{passage.paper.title} {passage.text}")}
    shares = []
    for form in asked.forms:
        wanted = set(content_stems(form))
        shares.append(len(wanted & held) / len(wanted) if wanted else 1.0)
    return max(shares) >= LEAST_COVERAGE
