"""A question to an answer whose every sentence was checked: evidence first, claim second, code verifies.

The question is understood once and its evidence gathered; a small model then picks numbered sentences, a capable one
writes over whole passages; each sentence is judged against the spans that it cites before it is shown. If nothing
answers, the question is refused, and the refusal says what was searched.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.answering import caveats
from assistant.answering.best_sentence import answer_scores, mark_sentences
from assistant.answering.cross_encoder import CrossEncoder, packaged
from assistant.answering.events import AnswerReady, Event, EvidenceFound, TextDelta, Working
from assistant.answering.evidence import Numbered, numbered_passages
from assistant.answering.gather import Gathered, candidates, gather
from assistant.answering.pick import MAX_PICKS, answered, pick
from assistant.answering.records import Answer, AnswerSentence, Backing, Grounding, grounding_of, quoted
from assistant.answering.relevance import adds, is_of, says_again, speaks_of
from assistant.answering.write import WRITE_TOKENS, Written, repair, write
from assistant.language.phrases import say
from assistant.language.translate import question_in_english, to_chinese, to_english
from assistant.llm.chat_model import AnswerCut, Cancelled, ChatModel, PromptTooLong, SchemaFailure, Usage
from assistant.llm.prompts import Language, load_prompt
from assistant.question.form import gives_amount
from assistant.question.library_facts import answer_fact
from assistant.question.question import Kind, Question, language_of, understand
from assistant.verify.claim import Citation
from assistant.verify.support import Outcome, support
from assistant.verify.terms import is_chinese
from index.model.errors import ModelError
from index.model.paper import Passage
from index.model.records import Filters
from index.search.searcher import Searcher
from index.structure.sentences import sentence_spans

Mode = Literal["pick", "write"]

QUOTES = 3  # sentences of an answer without a model
# In log-odds of the cross-encoder. Of 43 statements of a 1.5B model 12 lose more: two of these say what was asked, and
# for five of the others their sentence does. 28 in place of 24 of 39 everyday answers are right then.
MAX_LOSS = 1.5
NO_MORE = "it says no more than the question"


@dataclass
class _Tally:
    """What a draft cost: sentences that were dropped, the call nearest to the window, seconds of each step."""

    dropped: int = 0
    usage: Usage | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    fault: str = ""  # of the model: why there is no answer, or why it ends early

    def lap(self, step: str, started: float) -> None:
        """Add the time since `started` to a step."""
        self.seconds[step] = round(self.seconds.get(step, 0.0) + time.perf_counter() - started, 3)


@dataclass
class Asker:
    """Answers questions over one library, with a chat model or without."""

    searcher: Searcher
    model: ChatModel | None
    passages: int = 8
    cancelled: Callable[[], bool] | None = None
    mode: Mode | None = None  # None: as the model's size says
    encoder: CrossEncoder = field(default_factory=packaged)

    def answer(self, question: str, *, filters: Filters | None = None, language: str = "auto") -> Iterator[Event]:
        """`Working`*, `EvidenceFound`, `TextDelta`*, `AnswerReady`.

        `language` is that of the answer: en, zh, or auto for the question's own. Raises ModelError if the server
        fails before the first sentence; without a model the best passages are quoted.
        """
        started, tally = time.perf_counter(), _Tally()
        spoken: Language = ("zh" if is_chinese(question) else "en") if language == "auto" else _language(language)
        yield Working("searching")
        asked = self.understood(question, filters, tally)
        if (told := self._without_papers(asked, spoken)) is not None:
            yield from _finished(replace(told, seconds={"total": round(time.perf_counter() - started, 3)}))
            return
        gathered = gather(self.searcher, asked, filters, self.passages)
        tally.seconds |= {f"search_{step}": seconds for step, seconds in gathered.found.seconds.items()}
        best = mark_sentences(gathered.wordings, gathered.passages, self.searcher.embedder, self.encoder)
        marked = tuple(Citation(passage.paper, span) for passage, span in best)
        yield EvidenceFound(gathered.passages, gathered.found.seconds, marked)

        sentences: list[AnswerSentence] = []
        try:
            for event in self._sentences(gathered, tally):
                if isinstance(event, Working):
                    yield event
                elif not any(says_again(event.text, each.text) and each.about == event.about for each in sentences):
                    shown = self._in_language(event, spoken)
                    yield TextDelta(f"{_between(asked, spoken) if sentences else ''}{shown.as_text}", shown)
                    sentences.append(shown)
        except ModelError as error:
            if not sentences or isinstance(error, Cancelled):
                raise
            tally.fault = say("caveat.model_failed", spoken, reason=error)  # the sentences so far are checked, and stay
        lines = self._caveats(gathered, sentences, spoken) + [tally.fault] * bool(tally.fault)
        text = _between(asked, spoken).join(each.as_text for each in sentences)
        if not sentences:
            text = " ".join(lines) or self._refusal(gathered, spoken)
            yield TextDelta(text)
        tally.seconds["total"] = round(time.perf_counter() - started, 3)
        yield AnswerReady(_answer(gathered, spoken, text, sentences, lines, tally))

    def understood(self, question: str, filters: Filters | None = None, tally: _Tally | None = None) -> Question:
        """The question, understood; with its translation if the papers' language needs one and a model is there."""
        english = None
        if self.model is not None and language_of(question) != "en" and not self.searcher.embedder.multilingual:
            started = time.perf_counter()
            translate = to_english if is_chinese(question) else question_in_english
            english = translate(self.model, question, self.cancelled)
            if tally is not None:
                tally.lap("translate", started)
        return understand(question, self.searcher.library, translation=english, filters=filters)

    def _without_papers(self, asked: Question, spoken: Language) -> Answer | None:
        """An answer from the library's own records, or to a greeting; None for a question to the papers."""
        if asked.kind is Kind.SMALL_TALK:
            text, kind = say("talk.ability", spoken), Grounding.TALK
        elif asked.kind is Kind.UNCLEAR:
            text, kind = say("talk.unclear", spoken), Grounding.TALK
        elif asked.kind is Kind.LIBRARY and asked.fact is not None:
            told = answer_fact(asked.fact, self.searcher, self.searcher.library, spoken)
            if told is None:
                return None
            text, kind = "\n".join(told.lines), Grounding.CATALOGUE
        else:
            return None
        return Answer(asked.text, asked.queries, spoken, kind, text)

    def _sentences(self, gathered: Gathered, tally: _Tally) -> Iterator[Working | AnswerSentence]:
        """The sentences of the answer as they are verified; none if the question must be refused."""
        found, given = gathered.found, 0
        if not gathered.passages or caveats.must_refuse(gathered.wordings, found):
            return
        if gathered.listed:
            yield from map(quoted, gathered.listed)
            return
        named = gathered.question.subject or gathered.aspect or found.placed
        if named or speaks_of(gathered.wordings, gathered.passages):
            for event in self._drafted(gathered, tally):
                given += isinstance(event, AnswerSentence)
                yield event
        if not given and (pointed := caveats.pointer(gathered.wordings, found)):
            yield pointed.sentence

    def _drafted(self, gathered: Gathered, tally: _Tally) -> Iterator[Working | AnswerSentence]:
        started = time.perf_counter()
        try:
            if self.model is None:
                yield from self._quotes(gathered)
            elif self._mode(self.model) == "write":
                yield from self._written(self.model, gathered, tally)
            else:
                yield from self._picked(self.model, gathered, tally)
        finally:
            tally.lap("draft", started)

    def _mode(self, model: ChatModel) -> Mode:
        return self.mode or model.answer_mode

    def _picked(self, model: ChatModel, gathered: Gathered, tally: _Tally) -> Iterator[Working | AnswerSentence]:
        """One call over numbered sentences; what the model says of each is shown if its sentence says it."""
        numbered = candidates(gathered, self.searcher.embedder, self.encoder, model.count)
        yield Working("reading", 1, 1)
        chinese = bool(numbered) and is_chinese(numbered[0].text)
        wording = gathered.wordings.wording(chinese) or gathered.wordings.forms[-1]
        written: Language = "zh" if chinese else "en"
        try:
            picked = pick(model, wording, numbered, written, self.cancelled, most=_most_picks(gathered))
        except SchemaFailure as error:
            tally.dropped += 1
            tally.fault = say("caveat.unusable", written, reason=error)
            return
        tally.usage = picked.usage
        if picked.doubt is not None and not answered(picked.doubt, numbered):
            return
        of_each = gathered.question.kind is Kind.EACH_PAPER  # also of those that have nothing to say
        for each, statement in picked.picks:
            about = self._about(each, gathered)
            if about is None:
                tally.dropped += 1
                continue
            statement = statement if self._answers_as_well(statement, each, gathered) else ""
            said, reason = _claims(statement, each, gathered.passages, wording) if statement else ([], "")
            if not gives_amount(wording, each.text) or (of_each and not is_of(wording, each.citation)):
                tally.dropped += 1
            elif said and adds(wording, statement):
                yield from (replace(sentence, about=about) for sentence in said)
            elif adds(wording, each.citation.quote) and (not statement or is_of(wording, each.citation)):
                reason = reason or (NO_MORE if statement else "")
                yield replace(quoted(each.citation, reason), about=about)
            else:
                tally.dropped += 1

    def _answers_as_well(self, statement: str, each: Numbered, gathered: Gathered) -> bool:
        """Whether a statement answers about as well as its sentence: a small model often says another one of them."""
        scores = answer_scores(gathered.wordings, [statement], [each.label], self.encoder)
        return not statement or scores is None or each.score is None or scores[0] >= each.score - MAX_LOSS

    def _about(self, each: Numbered, gathered: Gathered) -> str | None:
        """The title that a sentence is shown under: of another paper than the question is about, or of one of many.

        None for a sentence of another paper that does not name what the question is about: it tells of something else.
        """
        question, paper = gathered.question, each.passage.paper
        if question.kind is Kind.EACH_PAPER:
            return paper.title
        subjects = question.subjects
        if not subjects.mentions or paper.id in subjects.owners:
            return ""
        return paper.title if subjects.names_in(each.text) else None

    def _written(self, model: ChatModel, gathered: Gathered, tally: _Tally) -> Iterator[Working | AnswerSentence]:
        """One call over whole passages; each sentence is judged as it is completed, what fails is repaired once."""
        asked = gathered.wordings.text
        spoken: Language = "zh" if is_chinese(asked) else "en"
        empty = load_prompt("write", spoken, passages="-", question=asked)
        passages = numbered_passages(gathered.passages, model.room(empty, WRITE_TOKENS), model.count)
        if not passages:
            raise PromptTooLong(
                f"The question leaves no room for a passage in the {model.settings.num_ctx} tokens that the model "
                "reads. Shorten the question, or raise num_ctx in papers.toml."
            )
        yield Working("writing")
        failed: list[tuple[Written, str]] = []
        for each in write(model, asked, passages, spoken, self.cancelled):
            judged = self._judged(each, passages, asked)
            if isinstance(judged, AnswerSentence):
                yield judged
            else:
                failed.append((each, judged))
        if not failed:
            return
        yield Working("checking again")
        try:
            mended = repair(model, asked, passages, failed, self.cancelled)
        except (SchemaFailure, AnswerCut, PromptTooLong):
            mended = {}
        for row in range(len(failed)):
            judged = self._judged(mended[row], passages, asked) if row in mended else ""
            if isinstance(judged, AnswerSentence):
                yield judged
            else:
                tally.dropped += 1

    def _judged(self, each: Written, passages: Sequence[Passage], asked: str) -> AnswerSentence | str:
        """The sentence with what carries it, of the passages that it cites or else of all; or why nothing does."""
        cited = [passages[row] for row in each.cited]
        judged = support(each.text, cited, question=asked) if cited else None
        if judged is None or judged.outcome is Outcome.NOT_BACKED:
            elsewhere = support(each.text, passages, question=asked)
            judged = elsewhere if elsewhere.outcome is not Outcome.NOT_BACKED else judged or elsewhere
        if judged.outcome is Outcome.NOT_BACKED:
            return judged.reason or "no passage says it"
        return AnswerSentence(each.text, judged.citations, support=Backing(judged.outcome.value))

    def _quotes(self, gathered: Gathered) -> Iterator[AnswerSentence]:
        """The sentences that answer best, without a model; of a question to several papers one of each passage."""
        asked, kind, embedder = gathered.wordings, gathered.question.kind, self.searcher.embedder
        if kind not in (Kind.EACH_PAPER, Kind.COMPARE):
            for each in candidates(gathered, embedder, self.encoder, embedder.count_tokens)[:QUOTES]:
                if each.score is None or each.score > 0:
                    yield quoted(each.citation)
            return
        of_each = kind is Kind.EACH_PAPER
        passages = gathered.passages if of_each else gathered.passages[:QUOTES]
        for passage, span in mark_sentences(asked, passages, embedder, self.encoder):
            cited = Citation(passage.paper, span)
            wording = asked.wording(is_chinese(passage.text)) or ""
            if not of_each or is_of(wording, cited):
                yield replace(quoted(cited), about=passage.paper.title if of_each else "")

    def _caveats(self, gathered: Gathered, sentences: Sequence[AnswerSentence], spoken: Language) -> list[str]:
        asked, found = gathered.wordings, gathered.found
        lines = caveats.absence_lines(asked, found, spoken)
        if not sentences:
            return lines
        lines += caveats.version_lines(found, sentences, spoken)
        if gathered.listed:
            return [*lines, say("caveat.counted", spoken, count=len(gathered.listed))]
        if gathered.question.kind is Kind.EACH_PAPER:
            searched = self.searcher.papers(gathered.filters)
            return lines + caveats.per_paper_lines(gathered.passages, searched, sentences, spoken)
        if [each.reason for each in sentences] == [caveats.ONLY_CAPTION]:
            pointed = caveats.pointer(asked, found)
            return [*lines, caveats.pointer_line(pointed, spoken)] if pointed else lines
        return lines if gathered.aspect else lines + caveats.open_part_lines(asked, sentences, spoken)

    def _in_language(self, sentence: AnswerSentence, spoken: Language) -> AnswerSentence:
        """A verified sentence in the user's language; a quote stays in the paper's words."""
        if self.model is None or spoken == "en" or is_chinese(sentence.text) or sentence.text.startswith("“"):
            return sentence
        return replace(sentence, text=to_chinese(self.model, sentence.text, self.cancelled))

    def _refusal(self, gathered: Gathered, spoken: Language) -> str:
        papers = self.searcher.papers(gathered.filters)
        searched = " / ".join(gathered.wordings.forms)
        return load_prompt("refusal", spoken, papers=str(papers), searched=searched)[0].content


def _answer(
    gathered: Gathered,
    spoken: Language,
    text: str,
    sentences: Sequence[AnswerSentence],
    lines: Sequence[str],
    tally: _Tally,
) -> Answer:
    return Answer(
        question=gathered.question.text,
        searched_as=gathered.question.queries,
        language=spoken,
        grounding=grounding_of(sentences),
        text=text,
        sentences=tuple(sentences),
        passages=gathered.passages,
        missing=tuple(lines) if sentences else (),
        invented_citations=tally.dropped,
        seconds=tally.seconds,
        usage=tally.usage,
    )


def _claims(
    statement: str, each: Numbered, passages: Sequence[Passage], question: str
) -> tuple[list[AnswerSentence], str]:
    """The sentences of a statement with what carries each; none, and the reason, if one of them has nothing.

    A small model often says one numbered sentence and gives the number of another: what other passages of the paper
    state, or hold more words of, is cited from there.
    """
    found: list[AnswerSentence] = []
    own = [passage for passage in passages if passage.paper.id == each.passage.paper.id]
    for span in sentence_spans(statement):
        text = statement[span.start : span.end]
        judged = support(text, [each.passage], quote=each.citation.quote, question=question)
        if judged.outcome is not Outcome.STATED and own:
            elsewhere = support(text, own, question=question)
            judged = elsewhere if elsewhere.outcome is Outcome.STATED or elsewhere.held > judged.held else judged
        if judged.outcome is Outcome.NOT_BACKED:
            return [], judged.reason
        found.append(AnswerSentence(text, judged.citations, support=Backing(judged.outcome.value)))
    return found, ""


def _most_picks(gathered: Gathered) -> int:
    """How many sentences may answer: of a question to several papers, one or two of each."""
    if gathered.question.kind is Kind.EACH_PAPER:
        return len(gathered.papers)
    return max(MAX_PICKS, len(gathered.question.subject) if gathered.question.kind is Kind.COMPARE else 0)


def _finished(answer: Answer) -> Iterator[Event]:
    yield EvidenceFound((), {})
    yield TextDelta(answer.text)
    yield AnswerReady(answer)


def _between(asked: Question, spoken: Language) -> str:
    """What is written between two sentences of an answer: papers have lines of their own."""
    return "\n" if asked.kind is Kind.EACH_PAPER else " " if spoken == "en" else ""


def _language(language: str) -> Language:
    return "zh" if language == "zh" else "en"
