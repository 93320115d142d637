"""Breakdowns field by field: what is shown is the paper's, whatever a model drafts; what was made is made once."""

import json
import re

import pytest
from fake_ollama import Reply, fake_ollama  # noqa: F401
from made_papers import (
    LONG,
    RESULT,
    broken_down,
    chat_model,
    check_findings,
    findings_of,
    kite_paper,
    new_breaker,
    subject_of,
)
from page_faults import breakdown_faults
from small_papers import small_paper

from assistant.breakdown.breakdown import FieldReady
from assistant.breakdown.kept import KeptFields, prompts_version
from assistant.breakdown.record import ALL_FIELDS, Field, Origin
from assistant.breakdown.sources import abstract_subject, library_subject, pdf_subject
from assistant.llm.chat_model import ModelFailed
from assistant.report.render import breakdown_markdown
from assistant.verify.terms import is_chinese
from index.arxiv.announcements import Announcement
from index.arxiv.ids import ArxivId
from index.model.paper import Span, Zone
from index.reading.read_pdf import read_pdf

# A paper with few headings, one in numbers alone, a guide, an old one: each is read in some seconds.
QUICK = ["1503.02531.pdf", "1804.02767.pdf", "2108.02497.pdf", "0807.3577_grobid.pdf"]
SHORTER = "Existing controllers attend to all of the sensors in every cycle and therefore fall behind the kites."


@pytest.fixture
def ollama(fake_ollama):  # noqa: F811
    return fake_ollama


@pytest.fixture
def quoting(embedder, tmp_path):
    return new_breaker(embedder, None, tmp_path / "home")


@pytest.fixture
def breaker(embedder, ollama, tmp_path):
    ollama.default = says("hello")
    return new_breaker(embedder, chat_model(ollama), tmp_path / "home")


def says(text):
    return Reply.of({"statement": text, "translation": text})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sample_papers_in_their_own_words(sample_context, quoting, language):
    for record in sample_context.library.papers():
        paper = sample_context.library.paper(record.id)
        made = broken_down(quoting, paper, language, library_subject(record, paper))
        check_findings(made, paper)
        assert made.whole and [field.name for field in made.fields] == list(ALL_FIELDS)
        assert made.field("abstract").findings and made.field("core_idea").findings
        assert {finding.origin for finding in findings_of(made)} <= {Origin.QUOTE, Origin.CODE}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_the_shared_papers_in_their_own_words(shared, quoting, name):
    paper = read_pdf(shared / "papers" / name)
    subject, paper = pdf_subject(None, shared / "papers" / name, paper)
    language = "zh" if is_chinese(paper.text[:4000]) else "en"
    for shown in ("en", "zh"):
        check_findings(broken_down(quoting, paper, shown, subject), paper)
    assert broken_down(quoting, paper, language, subject).field("core_idea").findings


@pytest.mark.parametrize(
    "draft",
    [
        "Existing controllers attend to all of the sensors in every cycle and therefore fall behind 500 kites.",
        "The dense controller outperforms KiteNet on WindBench by 4.2 minutes and achieves 31.6 minutes in the air.",
        "The authors present SparseNet, a graph network for traffic forecasting, which skips idle segments.",
        "SparseNet does not reach the accuracy of DCRNN (87.2 against 88.0), but needs only a third of its memory.",
        "Hello! I am happy to help you with this paper.",
        "As an AI language model, I cannot read the sensors of existing controllers at each step.",
        "Existing controllers attend to all of the sensors in every cycle and therefore fall behind",
        '{"statement": "Existing controllers attend to all of the sensors."}',
        "现有控制器每一步都要处理所有传感器，太慢。",
        "Existing controllers do not attend to all of the sensors in every cycle and therefore fall behind the kites.",
        "The paper does not state this.",
    ],
)
def test_a_wrong_draft_is_never_shown(breaker, ollama, draft):
    ollama.default = says(draft)
    paper = kite_paper()
    made = broken_down(breaker, paper, fields=["pain", "results"])
    assert len(ollama.requests) >= 2
    assert {finding.origin for finding in findings_of(made)} == {Origin.QUOTE}
    page = breakdown_markdown(made)
    assert draft not in page and "SparseNet" not in page and "DCRNN" not in page
    check_findings(made, paper)


@pytest.mark.parametrize("reply", [Reply("no JSON"), Reply('{"statement": "Exis', done_reason="length"), Reply("")])
def test_an_answer_without_form_leaves_the_quote(breaker, ollama, reply):
    ollama.default = reply
    made = broken_down(breaker, kite_paper(), fields=["pain"])
    assert [finding.origin for finding in findings_of(made)] == [Origin.QUOTE] * len(findings_of(made)) != []
    assert made.violations["cut"] > 0


def test_a_good_draft_is_shown_with_its_words(breaker, ollama):
    ollama.default = says(SHORTER)
    paper = kite_paper()
    made = broken_down(breaker, paper)
    shown = [finding for finding in findings_of(made) if finding.origin is Origin.MODEL]
    assert [finding.text for finding in shown] == [SHORTER]
    assert [reference.quote for reference in shown[0].references] == [LONG]
    assert SHORTER in breakdown_markdown(made)
    check_findings(made, paper)


def test_a_run_that_was_stopped_goes_on(breaker, ollama, embedder, tmp_path):
    paper = kite_paper()
    broken_down(new_breaker(embedder, breaker.model, tmp_path / "other"), paper)
    whole = len(ollama.requests)
    events = breaker.run(subject_of(paper), paper, "en")
    for event in events:
        if isinstance(event, FieldReady) and event.done == 3:
            break
    events.close()
    before = len(ollama.requests) - whole
    assert 0 < before < whole
    made = broken_down(breaker, paper)
    assert len(ollama.requests) == 2 * whole and made.whole
    assert broken_down(breaker, paper).fields == made.fields and len(ollama.requests) == 2 * whole
    again = broken_down(breaker, paper, again=True)
    assert len(ollama.requests) == 3 * whole
    assert [field.findings for field in again.fields] == [field.findings for field in made.fields]


def test_a_server_that_fails_in_the_middle_loses_nothing(breaker, ollama):
    paper = kite_paper()
    ollama.script(says("hello"), says("hello"), Reply(status=500, error="out of memory"))
    with pytest.raises(ModelFailed):
        broken_down(breaker, paper)
    kept = KeptFields(breaker.library, "kite", "en", breaker.model.settings.model, prompts_version()).load()
    assert 0 < len(kept) < len(ALL_FIELDS)
    assert broken_down(breaker, paper).whole


def test_fields_of_other_prompts_are_not_used(quoting):
    paper = kite_paper()
    old = KeptFields(quoting.library, "kite", "en", "", "older-prompts")
    old.keep(Field(name="pain"))
    assert broken_down(quoting, paper).field("pain").findings
    assert re.fullmatch(r"[0-9a-f]{12}", prompts_version())


def test_some_fields_only(quoting):
    paper = kite_paper()
    some = broken_down(quoting, paper, fields=["limitations", "pain"])
    assert [field.name for field in some.fields] == ["pain", "limitations"] and not some.whole
    assert breakdown_faults(some) == [] and "not asked for in this breakdown" in breakdown_markdown(some)
    steps = broken_down(quoting, paper, fields=["remember"])
    assert [field.name for field in steps.fields] == ["remember"] and 3 <= len(steps.fields[0].findings) <= 5
    assert broken_down(quoting, paper).field("remember") == steps.fields[0]


def test_where_nothing_is_found_the_nearest_sentence_is_shown_as_such(quoting):
    said = "The controller is evaluated on two data sets and compared with three baselines of other groups."
    paper = small_paper("p", (("1 Introduction", Zone.BODY, f"Kites are old and fly over the sea. {said}"),))
    made = broken_down(quoting, paper, fields=["setup", "transfer"])
    assert made.field("setup").findings == () and made.field("setup").nearest.text == said
    assert made.field("transfer").nearest is None
    assert f"*not found in the paper*; nearest: “{said}”" in breakdown_markdown(made)


def _span(finding):
    return Span(finding.references[0].start, finding.references[0].end)


def test_the_steps_to_remember_are_those_of_the_method(quoting):
    made = broken_down(quoting, kite_paper())
    steps = made.field("remember").findings
    shown = [each for name in ("pipeline", "structure", "results") for each in made.field(name).findings]
    for step in steps:
        assert any(_span(each).contains(_span(step)) for each in shown)
    starts = [step.references[0].start for step in made.field("pipeline").findings]
    assert starts == sorted(starts)


def test_what_is_not_covered_is_not_stated(quoting):
    made = broken_down(quoting, kite_paper())
    assert made.field("code").findings == () == made.field("hardware").findings
    page = breakdown_markdown(made)
    assert "**Code and project**: *not found in the paper*" in page and RESULT in page


def test_an_abstract_alone_says_so_first(quoting):
    abstract = f"{LONG} We propose KiteNet, which steers a kite with sparse attention. {RESULT}"
    listed = Announcement(ArxivId("2601.00001", 1), "KiteNet", ("Ada",), abstract, ("cs.RO",), "new", None, None)
    subject, paper = abstract_subject(listed, "arXiv does not answer")
    made = broken_down(quoting, paper, subject=subject)
    check_findings(made, paper)
    assert made.field("abstract").findings and made.field("pain").findings
    first = breakdown_markdown(made).splitlines()[2]
    assert "abstract" in first.casefold() and "arXiv does not answer" in first
    assert json.loads(made.model_dump_json())["subject"]["basis"] == "abstract"


def test_in_chinese_numbers_and_names_stay_or_the_quote_does(breaker, ollama):
    ollama.default = says("KiteNet 在 WindBench 上比密集控制器多 9.9 分钟。")
    paper = kite_paper()
    made = broken_down(breaker, paper, "zh", fields=["results", "limitations"])
    assert {finding.origin for finding in findings_of(made)} == {Origin.QUOTE}
    assert made.violations["wrong_language"] == len(ollama.requests) > 0
    check_findings(made, paper)
    ollama.default = says("KiteNet 在测试集上的准确率为 87.2，高于基线的 81.0。")
    made = broken_down(breaker, paper, "zh", fields=["results"], again=True)
    (shown,) = [finding for finding in findings_of(made) if finding.origin is Origin.MODEL]
    assert shown.text == "KiteNet 在测试集上的准确率为 87.2，高于基线的 81.0。"
    assert shown.original.startswith("The accuracy of KiteNet is 87.2") and "81.0" in shown.references[0].quote
    check_findings(made, paper)
