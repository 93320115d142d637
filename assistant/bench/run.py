"""Runs suites: loads data, opens systems, asks, and yields what each system reached as soon as it is known."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from assistant.bench import everyday, finding_suites
from assistant.bench import questions as sets
from assistant.bench.answer_suite import AnswersKept, Measure, answer_questions, measure_answer
from assistant.bench.corpora import Corpus
from assistant.bench.ours import ModelOf, our_system
from assistant.bench.questions import BenchQuestion, Half, chosen, half_of
from assistant.bench.rows import BenchReport, Row, Skipped, SuiteRun, joined
from assistant.bench.sections import gold_headings, measure_headings
from assistant.bench.starter import Starter, starter_embedder
from assistant.bench.systems import BenchError, DataAbsent, System
from assistant.config.settings import Settings
from assistant.context import AppContext
from index.model.errors import ModelError
from index.model.plain_text import Say

Loaded = tuple[Corpus, list[BenchQuestion]]


@dataclass(frozen=True)
class BenchOptions:
    """What to measure: suites, where data and PDFs are, which questions, which systems."""

    suites: tuple[str, ...]
    data: Path
    papers: Path
    csv: Path | None = None
    sample: int | None = None
    seed: int = 0
    half: Half = "all"
    baseline: bool = False
    baseline_embedder: Path | None = None
    systems: tuple[str, ...] = ()
    retrieval_only: bool = False


@dataclass(frozen=True)
class Suite:
    """What a suite is about, what it loads, and how it finds; a suite of answers asks the chat model instead.

    `translates`: the chat model is needed for finding, too. `measure` is what its answers are worth; a suite that finds
    asks for answers, too, if it has one, unless only retrieval is wanted.
    """

    about: str
    load: Callable[[BenchOptions], Loaded]
    find: finding_suites.Find | None = None
    systems: tuple[str, ...] = ("ours",)
    translates: bool = False
    measure: Measure | None = None

    def answers(self, options: BenchOptions) -> bool:
        """Whether it asks for answers."""
        return self.find is None or (self.measure is not None and not options.retrieval_only)

    def asks_model(self, options: BenchOptions) -> bool:
        """Whether it needs the chat model."""
        return self.translates or self.answers(options)


def _papers(options: BenchOptions) -> Loaded:
    corpus = sets.pdf_corpus(options.papers)
    return corpus, sets.pdf_questions(options.data / "questions.jsonl", corpus)


def _chinese(options: BenchOptions) -> Loaded:
    corpus, questions = _papers(options)
    return corpus, sets.chinese_questions(questions)


def _mine(options: BenchOptions) -> Loaded:
    if options.csv is None:
        raise BenchError("The suite mine needs questions. Give a CSV with question, paper, page with --csv.")
    corpus = sets.pdf_corpus(options.papers, "mine")
    return corpus, sets.own_questions(options.csv, corpus)


def _everyday(options: BenchOptions) -> Loaded:
    corpus = sets.pdf_corpus(options.papers)
    return corpus, everyday.everyday_questions(options.data / "everyday.jsonl", corpus)


def _ohr(options: BenchOptions) -> Loaded:
    return sets.ohr_bench(options.data / "ohr_bench")


def _qasper(options: BenchOptions) -> Loaded:
    return sets.qasper(options.data / "qasper")


def _scifact(options: BenchOptions) -> Loaded:
    return sets.scifact(options.data / "scifact")


SUITES = {
    "papers": Suite("right paper, and evidence page within it, on PDFs", _papers, finding_suites.find_papers),
    "pages": Suite("evidence page on OHR-Bench", _ohr, finding_suites.find_pages),
    "paragraphs": Suite("evidence paragraphs on QASPER", _qasper, finding_suites.find_paragraphs),
    "scifact": Suite(
        "abstracts on SciFact", _scifact, finding_suites.find_abstracts, ("ours", "fused", "dense", "lexical")
    ),
    "chinese": Suite(
        "evidence page, asked in English and in Chinese",
        _chinese,
        finding_suites.find_in_two_languages,
        translates=True,
    ),
    "everyday": Suite(
        "everyday questions: right paper, words that answer, right answers",
        _everyday,
        everyday.find_everyday,
        measure=everyday.measure_everyday,
    ),
    "mine": Suite("right paper and page on your own papers", _mine, finding_suites.find_own),
    "answers": Suite("answers and refusals on PDFs", _papers),
    "answers-pages": Suite("answers on OHR-Bench", _ohr),
    "answers-paragraphs": Suite("answers and refusals on QASPER", _qasper),
}
SECTIONS = "sections"
NAMES = (*SUITES, SECTIONS)


def run_suites(options: BenchOptions, settings: Settings, say: Say) -> Iterator[SuiteRun | Skipped]:
    """What each system reached on each suite, or why a suite was skipped.

    Raises BenchError for an unknown suite or system, BenchExtraMissing where the bench's libraries are not installed.
    """
    if unknown := [name for name in options.suites if name not in NAMES]:
        raise BenchError(f"No suite is called {', '.join(unknown)}. There are {', '.join(NAMES)}.")
    place = settings.index().home / "bench"
    with AppContext(settings, say) as context:
        model = cache(context.chat_model)
        for name in options.suites:
            try:
                if name == SECTIONS:
                    yield _sections(options)
                else:
                    yield from _suite(name, options, settings, place, model, say)
            except DataAbsent as error:
                yield Skipped(name, str(error))


def _suite(
    name: str, options: BenchOptions, settings: Settings, place: Path, model: ModelOf, say: Say
) -> Iterator[SuiteRun | Skipped]:
    suite = SUITES[name]
    corpus, questions = suite.load(options)
    asked = chosen(questions, options.half, options.sample, options.seed)
    if suite.asks_model(options):
        try:
            model()
        except ModelError as error:
            yield Skipped(name, f"it needs the chat model: {error}")
            return
    for system in _systems(suite, options, settings, model):
        say(f"{name}: {system.name}, {len(asked)} questions")
        started, told = time.perf_counter(), system.settings()
        with system.open(corpus, place, say) as opened:
            opening = time.perf_counter() - started
            if suite.asks_model(options):
                chat = model().settings
                told |= {name: getattr(chat, name) for name in ("model", "num_ctx", "seed", "temperature")}
            rows: list[Row] = suite.find(opened, asked) if suite.find is not None else []
            if suite.answers(options):
                kept, keys = AnswersKept(place / "answers.jsonl"), told | {"corpus": corpus.digest}
                rows = joined(rows, answer_questions(opened, asked, kept, keys, say, suite.measure or measure_answer))
        seconds = time.perf_counter() - started
        notes = (f"{opening:.0f} s of {seconds:.0f} s were spent on reading and embedding the corpus",)
        yield SuiteRun(name, system.name, told, tuple(rows), round(seconds, 1), notes)


def _systems(suite: Suite, options: BenchOptions, settings: Settings, model: ModelOf) -> list[System]:
    asked = model if suite.asks_model(options) else None
    systems: list[System] = [our_system(text, settings, asked) for text in options.systems or suite.systems]
    if options.baseline:
        index = settings.index()
        embedder = starter_embedder(options.baseline_embedder, index.home, index.threads)
        systems.append(Starter(embedder, remember=asked is None, model=asked))
    return systems


def _sections(options: BenchOptions) -> SuiteRun:
    """The starter finds no headings, so there is no pair."""
    golds = gold_headings(options.data, options.papers)
    questions = [BenchQuestion(str(row), "", gold.file.name, "", True) for row, gold in enumerate(golds)]
    kept = chosen(questions, options.half, options.sample, options.seed)
    started = time.perf_counter()
    rows, notes = measure_headings([golds[int(each.id)] for each in kept])
    seconds = round(time.perf_counter() - started, 1)
    return SuiteRun(SECTIONS, "ours", {"outline": "hidden"}, tuple(rows), seconds, notes)


def report_json(report: BenchReport) -> dict[str, Any]:
    """A report as JSON: facts, a table for each run with its rows, differences in pairs, what was skipped."""
    return {
        **report.facts,
        "runs": [
            {
                "suite": run.suite,
                "system": run.system,
                "settings": run.settings,
                "seconds": run.seconds,
                "n": len(run.rows),
                "notes": list(run.notes),
                "measures": {name: asdict(interval) for name, interval in run.intervals().items()},
                "rows": [asdict(row) | {"half": half_of(row.paper)} for row in run.rows],
            }
            for run in report.runs
        ],
        "differences": [asdict(each) for each in report.differences],
        "skipped": [asdict(each) for each in report.skipped],
    }


def options_json(options: BenchOptions) -> dict[str, object]:
    """The options without the folders of this machine."""
    named = replace(options, data=Path(options.data.name), papers=Path(options.papers.name))
    told = asdict(named) | {"csv": options.csv and options.csv.name}
    told["baseline_embedder"] = options.baseline_embedder and options.baseline_embedder.name
    return {name: str(value) if isinstance(value, Path) else value for name, value in told.items()}
