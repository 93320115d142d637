"""A small paper that a breakdown can be made of, and what to break it down with."""

from page_faults import breakdown_faults
from small_papers import small_paper

from assistant.breakdown.breakdown import Breaker
from assistant.breakdown.locators import label_of
from assistant.breakdown.record import Basis, Breakdown, Origin, Subject
from assistant.llm.chat_model import ChatModel, ModelSettings
from index.model.paper import Span, Zone
from index.store.library import Library

LONG = (
    "However, existing controllers attend to all of the sensors in every cycle and therefore, as we show below, fall "
    "behind the kites that have to be steered 200 times a second."
)
RESULT = (
    "KiteNet outperforms the dense controller on WindBench by 4.2 minutes and achieves 31.6 minutes in the air, while "
    "it needs only a tenth of the memory of the dense controller."
)
PARTS = (
    ("Abstract", Zone.ABSTRACT, f"We propose KiteNet, a controller that steers a kite with sparse attention. {RESULT}"),
    (
        "1 Introduction",
        Zone.BODY,
        "Kites fly in wind that changes within a second, and steering them is important for energy. "
        f"{LONG} In contrast to earlier work, our controller does not need a model of the wind.",
    ),
    (
        "2 Method",
        Zone.BODY,
        "First, the tensions of all lines are read and given to the controller as its input. Then the eight strongest "
        "sensors are chosen and fed to one layer of attention. Finally, the controller computes the angle of the bar.",
    ),
    (
        "3 Experiments",
        Zone.BODY,
        "We evaluate the controller on the WindBench dataset and compare it with a dense baseline. The accuracy of "
        "KiteNet is 87.2 on the test set, higher than the 81.0 of the baseline.",
    ),
    ("4 Limitations", Zone.BODY, "We did not fly in rain, and it remains an open question whether ice is a problem."),
)
TITLE = "KiteNet: Steering Kites with Sparse Attention"


def kite_paper():
    return small_paper("kite", PARTS, title=TITLE, year=2026)


def subject_of(paper):
    return Subject(key=paper.id, title=paper.title, file="/papers/kite.pdf", pages=len(paper.pages))


def chat_model(ollama):
    from fake_ollama import MODEL

    return ChatModel(ModelSettings(ollama.host, MODEL))


def broken_down(breaker: Breaker, paper, language="en", subject=None, **options) -> Breakdown:
    *_, made = breaker.run(subject or subject_of(paper), paper, language, **options)
    assert isinstance(made, Breakdown)
    return made


def findings_of(made):
    return [finding for field in made.fields for finding in field.findings]


def check_findings(made, paper):
    """What holds for each finding of each breakdown, however it was made."""
    for finding in findings_of(made):
        assert finding.references and finding.text.strip()
        for reference in finding.references:
            span = Span(reference.start, reference.end)
            assert paper.quote(span) == reference.quote and reference.quote.strip()
            assert reference.label == label_of(paper, span)
            if made.subject.basis is Basis.FULL_TEXT:
                assert reference.pages == paper.page_range(span)
            else:
                assert (reference.label, reference.pages) == ("Abstract", (0, 0))
        if finding.origin is Origin.QUOTE:
            assert finding.text == " ".join(finding.references[0].quote.split())
    assert breakdown_faults(made) == []


def new_breaker(embedder, model, folder):
    return Breaker(embedder, model, Library.open(folder))
