"""Break a paper down, field by field: code selects sentences, the model shortens or translates them, code checks.

Each field degrades on its own: a verified statement, else the paper's own sentence, else "not found" with the nearest
one. A field is stored as soon as it is made, so that an interrupted run resumes where it stopped.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from assistant.answering.events import Working
from assistant.breakdown.facts import Fact, FactPlaces, code_links
from assistant.breakdown.kept import KeptFields, prompts_version
from assistant.breakdown.locators import refer
from assistant.breakdown.named_things import datasets, metrics
from assistant.breakdown.paraphrase import paraphrase, readable
from assistant.breakdown.record import ALL_FIELDS, Breakdown, Field, Finding, Origin, Subject
from assistant.breakdown.select import METHOD_FIELDS, Gatherer, abstract_sentences, field_questions
from assistant.breakdown.training_facts import hardware, hyperparameters
from assistant.language.phrases import phrases_of
from assistant.language.translate import in_language
from assistant.llm.chat_model import ChatModel
from assistant.llm.prompts import Language
from assistant.verify.claim import Citation
from assistant.verify.terms import is_chinese
from assistant.verify.text_faults import FaultKind
from index.embedding.embed import Embedder
from index.model.paper import Paper, Span
from index.store.library import Library
from index.structure.sentences import sentence_spans

MIN_STEPS, MAX_STEPS = 3, 5  # of the pipeline to remember, including its result
FACT_FIELDS = ("datasets", "metrics", "code", "hardware")  # taken from the paper by code
_MOST_FACTS = {"datasets": 8, "metrics": 6, "code": 4, "hardware": 4, "details": 6}
STEPS_FROM = ("pipeline", "structure", "results")  # fields from which the pipeline to remember is taken


@dataclass(frozen=True)
class FieldReady(Working):
    """A field was made; `seconds` is 0 if it was taken from the library."""

    field: Field = field(default_factory=lambda: Field(name=""))
    seconds: float = 0.0


@dataclass
class Breaker:
    """Maker of breakdowns with one embedder and one chat model; without a model they are extractive."""

    embedder: Embedder
    model: ChatModel | None
    library: Library

    def run(
        self,
        subject: Subject,
        paper: Paper,
        language: Language,
        *,
        fields: Collection[str] | None = None,
        again: bool = False,
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[Working | Breakdown]:
        """Yield `Working` and `FieldReady` for each field, then the `Breakdown`; `fields` selects some of the fields.

        Fields stored for this text, language, model and version of the prompts are reused unless `again`. Raises
        ModelError if the server fails on the way; the fields made until then remain stored.
        """
        asked = set(ALL_FIELDS if fields is None else fields)
        wanted = [name for name in ALL_FIELDS if name in asked or (name in STEPS_FROM and "remember" in asked)]
        model = self.model.settings.model if self.model else ""
        store = KeptFields(self.library, subject.key, language, model, prompts_version())
        if again:
            store.forget(frozenset(asked))
        kept = store.load()
        maker = _FieldMaker(paper, Gatherer(paper, self.embedder), self.model, language, cancelled)
        maker.reuse_translations(kept.values())
        made: dict[str, Field] = {}
        for done, name in enumerate(wanted):
            yield Working(name, done, len(wanted))
            started = time.perf_counter()
            if name in kept and name != "remember":  # costs nothing, and must follow the fields it comes from
                made[name], seconds = kept[name], 0.0
            else:
                findings = maker.findings(name, made | kept)
                seconds = time.perf_counter() - started
                nearest = None if findings else maker.nearest(name)
                made[name] = Field(name=name, findings=tuple(findings), nearest=nearest, seconds=round(seconds, 1))
                if name not in kept or kept[name].findings != made[name].findings:
                    store.keep(made[name])
            yield FieldReady(name, done + 1, len(wanted), made[name], seconds)
        yield Breakdown(
            subject=subject,
            language=language,
            model=model,
            prompts=prompts_version(),
            made_at=store.made_at() or datetime.now(UTC).isoformat(timespec="seconds"),
            fields=tuple(each for each in made.values() if each.name in asked),
            violations=maker.violations,
        )


@dataclass
class _FieldMaker:
    """Maker of the fields of one paper in one language."""

    paper: Paper
    gatherer: Gatherer
    model: ChatModel | None
    language: Language
    cancelled: Callable[[], bool] | None
    violations: dict[str, int] = field(default_factory=dict)
    _translated: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def method(self) -> dict[str, list[Span]]:
        """The spans of the fields that tell the method, assigned together."""
        return self.gatherer.method()

    def reuse_translations(self, kept: Iterable[Field]) -> None:
        """Reuse the translations of stored fields, so that a sentence of two fields is translated once."""
        for finding in (finding for each in kept for finding in each.findings):
            if finding.original:
                self._translated[finding.original] = finding.text

    def findings(self, name: str, made: dict[str, Field]) -> list[Finding]:
        """What the paper says for one field; `made` are the fields before it."""
        if name == "abstract":
            return [self._shown(span, short=False) for span in abstract_sentences(self.paper, self.language == "zh")]
        if name == "remember":
            return _steps(made, self.paper)
        if name in FACT_FIELDS:
            return _fact_findings(name, self.paper, self.language)
        question = field_questions()[name]
        used = set() if name == "core_idea" else _used(made)
        if name in METHOD_FIELDS:
            spans = self.method[name]
        else:
            spans = self.gatherer.gather(question, used) or (self.gatherer.gist() if name == "core_idea" else [])
        if name == "details":
            spans = sorted(spans)
        found = [self._shown(span, short=question.restated) for span in spans]
        return _fact_findings("details", self.paper, self.language) + found if name == "details" else found

    def nearest(self, name: str) -> Finding | None:
        """The sentence of the whole paper that comes nearest to a field; None if none has anything of it."""
        question = field_questions().get(name)
        span = self.gatherer.nearest(question) if question else None
        return None if span is None else self._shown(span, short=False)

    def _shown(self, span: Span, *, short: bool) -> Finding:
        """A sentence as it is shown: in the user's language, shortened if `short`, else as it was written."""
        citation = Citation(self.paper, span)
        reference = refer(citation)
        sentence = readable(citation.quote)
        native = is_chinese(sentence) == (self.language == "zh")
        if self.model and native and short:
            statement, broken = paraphrase(self.model, citation, self.cancelled)
            self._count(broken)
            if statement:
                return Finding(text=statement, origin=Origin.MODEL, references=(reference,))
        if self.model and not native:
            if sentence not in self._translated:
                self._translated[sentence] = in_language(self.model, sentence, self.language, self.cancelled)
            if translated := self._translated[sentence]:
                return Finding(text=translated, origin=Origin.MODEL, references=(reference,), original=sentence)
            self._count([FaultKind.WRONG_LANGUAGE])
        return Finding(text=" ".join(citation.quote.split()), origin=Origin.QUOTE, references=(reference,))

    def _count(self, broken: Sequence[FaultKind]) -> None:
        for kind in broken:
            self.violations[kind.value] = self.violations.get(kind.value, 0) + 1


def _used(made: dict[str, Field]) -> set[Span]:
    """Sentences that other fields already show; those of the abstract may be shown again."""
    fields = (each for name, each in made.items() if name not in ("abstract", *FACT_FIELDS))
    references = (reference for each in fields for finding in each.findings for reference in finding.references)
    return {Span(reference.start, reference.end) for reference in references}


def _steps(made: dict[str, Field], paper: Paper) -> list[Finding]:
    """The pipeline to remember: the steps of the method and its main result, of quotes the first sentence each."""
    steps = list(made["pipeline"].findings) if "pipeline" in made else []
    result = list(made["results"].findings[:1]) if "results" in made else []
    if len(steps) < MIN_STEPS and "structure" in made:
        steps += made["structure"].findings
    most = 1 if len(steps) >= MIN_STEPS else MAX_STEPS  # sentences of a step
    steps = [each for step in steps for each in _sentences_of(step, paper)[:most]]
    steps = steps[: MAX_STEPS - len(result)] + result
    return steps if len(steps) >= MIN_STEPS else []


def _sentences_of(step: Finding, paper: Paper) -> list[Finding]:
    """A quote sentence by sentence; a statement as it is."""
    if step.origin is not Origin.QUOTE:
        return [step]
    quoted = step.references[0]
    spans = sentence_spans(quoted.quote, quoted.start)
    return [step.model_copy(update=_quote_of(paper, span)) for span in spans]


def _quote_of(paper: Paper, span: Span) -> dict[str, Any]:
    citation = Citation(paper, span)
    return {"text": " ".join(citation.quote.split()), "references": (refer(citation),)}


def _fact_findings(name: str, paper: Paper, language: Language) -> list[Finding]:
    """The facts of one field, best first, each with the sentence or table row that states it."""
    return [
        Finding(text=_text(name, fact, language), origin=Origin.CODE, references=(refer(Citation(paper, fact.span)),))
        for fact in _facts(name, paper)[: _MOST_FACTS[name]]
    ]


def _facts(name: str, paper: Paper) -> tuple[Fact, ...]:
    if name == "code":
        return code_links(paper)
    places = FactPlaces(paper)
    by_field = {"datasets": datasets, "metrics": metrics, "hardware": hardware, "details": hyperparameters}
    return by_field[name](paper, places)


def _text(name: str, fact: Fact, language: Language) -> str:
    if name == "details":
        phrases = phrases_of(language)
        return phrases(f"setting.{fact.name}") + phrases("page.colon") + fact.value
    if name == "metrics":
        return phrases_of(language).known("metric", fact.name)
    if name == "hardware":
        return " ".join(fact.value.split())
    return fact.name
