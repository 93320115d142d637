"""What the breakdown tab shows and makes: of the paper as it is now, and what its button says."""

import pytest
from small_papers import put, small_paper
from small_shared import busy, named, screen_of, small_shared

from assistant.breakdown.kept import KeptFields, load_breakdown, prompts_version
from assistant.breakdown.record import ALL_FIELDS, Comparison, Field
from assistant.breakdown.sources import library_subject
from ui.jobs.report_jobs import JobLine
from ui.jobs.report_work import PapersAsked
from ui.tabs.breakdown import actions as breakdown_actions
from ui.tabs.breakdown.actions import BreakdownActions, BreakdownParts

# Outside of a page gradio looks at a choice for which a page has the choices.
pytestmark = pytest.mark.filterwarnings("ignore:The value passed into gr.")


@pytest.fixture
def shared(tmp_path):
    """Three papers, and a line that says what there is of them without reading them."""
    with small_shared(tmp_path / "home") as opened:
        for id, title in (("a", "Attention"), ("b", "Bees"), ("c", "Cats")):
            put(opened.context.library, paper_of(id, title, "It was first."))
        opened.reports.papers.close()
        opened.reports.papers = JobLine(opened.context, opened.queue, opened.models, say_all)
        yield opened


@pytest.fixture
def do(shared):
    return BreakdownActions(screen_of(shared), named(BreakdownParts))


def paper_of(id, title, text):
    return small_paper(id, (("Introduction", small_paper().zones[0].zone, f"{title}. {text}"),), title=title)


def subject(shared, id):
    library = shared.context.library
    return library_subject(library.record(id), library.paper(id))


def keep(shared, id, model, fields):
    store = KeptFields(shared.context.library, subject(shared, id).key, "en", model, prompts_version())
    for name in ALL_FIELDS[:fields]:
        store.keep(Field(name=name))


def say_all(asked, running):
    library = running.context.library
    subjects = [library_subject(library.record(paper), library.paper(paper)) for paper in asked.papers]
    if len(subjects) > 1:
        told = [Comparison(subjects=tuple(subjects), language="en", columns=())]
    else:
        fields = tuple(Field(name=name) for name in ALL_FIELDS)
        told = [load_breakdown(library, subjects[0], "en", "").model_copy(update={"fields": fields})]
    running.report(each for each in told)


def made(shared, do, *papers, model=False):
    """Clicks the button, waits for the end, and gives what was asked for."""
    do.make(papers, "en", model)
    work = shared.reports.papers.latest(PapersAsked(papers, "en", model).same)
    for _ in work.job.follow(0.1):
        pass
    assert work.job.done
    return work.asked


@pytest.mark.parametrize("papers", [["a"], ["a", "b"]])
def test_what_was_made_of_a_paper_is_not_shown_when_another_text_took_its_place(do, shared, papers):
    made(shared, do, *papers)
    assert do.show(papers, "en", False)["page"]
    put(shared.context.library, paper_of("a", "Attention", "It was replaced."))
    shown = do.show(papers, "en", False)
    assert shown["page"] == "" and shown["make"].value in ("Break it down", "Compare")


@pytest.mark.parametrize(("newest", "older", "again"), [(3, len(ALL_FIELDS), False), (len(ALL_FIELDS), 3, True)])
def test_the_button_does_what_it_says(do, shared, newest, older, again):
    """It said to go on with the newest and made it anew, as another model's was whole."""
    keep(shared, "a", "2 older", older)
    keep(shared, "a", "1 newest", newest)
    said = do.show(["a"], "en", True)["make"].value
    assert said == ("Redo" if again else f"Continue: {len(ALL_FIELDS) - 3} fields left")
    assert made(shared, do, "a", model=True).again == again


def test_a_second_click_starts_nothing(do, shared):
    keep(shared, "a", "", len(ALL_FIELDS))
    with busy(shared.reports.papers._line):
        do.make(["a"], "en", False)
        KeptFields(shared.context.library, subject(shared, "a").key, "en", "", prompts_version()).forget()
        do.make(["a"], "en", False)  # by now it would be no making anew
        assert len(shared.reports.papers.active()) == 1


def test_a_chosen_paper_that_is_gone_is_dropped(do, shared):
    shared.context.library.remove("b")
    for shown in (do.opened(["a", "b"], [], "en", False), do.opened([], ["a", "b"], "en", False)):
        assert shown["papers"].value == ["a"]
        assert shown["make"].value == "Break it down" and shown["make"].interactive
    assert do.choose('["b", "en", ""]')["papers"].value == []
    with pytest.warns(UserWarning, match="b"):
        do.make(["a", "b"], "en", False)
    assert not shared.reports.papers.active()


def test_of_a_large_library_the_chosen_papers_are_offered_too(do, monkeypatch):
    monkeypatch.setattr(breakdown_actions, "_CHOICES", 1)
    shown = do.opened(["c", "a"], [], "en", False)
    assert shown["papers"].value == ["c", "a"]
    assert [value for _, value in shown["papers"].choices] == ["a", "c"]
