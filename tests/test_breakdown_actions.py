"""What the breakdown tab shows and makes: of the paper as it is now, and what its button says."""

import pytest
from small_desk import busy, named, screen_of, small_desk
from small_papers import put, small_paper

from assistant.breakdown.kept import KeptFields, load_breakdown, prompts_version
from assistant.breakdown.record import ALL_FIELDS, Comparison, Field
from assistant.breakdown.sources import library_subject
from ui.jobs.report_jobs import Line
from ui.jobs.report_work import PapersAsked
from ui.tabs.breakdown import actions as breakdown_actions
from ui.tabs.breakdown.actions import BreakdownActions, BreakdownParts

# Outside of a page gradio looks at a choice for which a page has the choices.
pytestmark = pytest.mark.filterwarnings("ignore:The value passed into gr.")


@pytest.fixture
def desk(tmp_path):
    """Three papers, and a line that says what there is of them without reading them."""
    with small_desk(tmp_path / "home") as opened:
        for id, title in (("a", "Attention"), ("b", "Bees"), ("c", "Cats")):
            put(opened.bench.library, paper_of(id, title, "It was first."))
        opened.reports.papers.close()
        opened.reports.papers = Line(opened.bench, opened.queue, opened.models, say_all)
        yield opened


@pytest.fixture
def do(desk):
    return BreakdownActions(screen_of(desk), named(BreakdownParts))


def paper_of(id, title, text):
    return small_paper(id, (("Introduction", small_paper().zones[0].zone, f"{title}. {text}"),), title=title)


def subject(desk, id):
    library = desk.bench.library
    return library_subject(library.record(id), library.paper(id))


def keep(desk, id, model, fields):
    store = KeptFields(desk.bench.library, subject(desk, id).key, "en", model, prompts_version())
    for name in ALL_FIELDS[:fields]:
        store.keep(Field(name=name))


def say_all(asked, hands):
    library = hands.bench.library
    subjects = [library_subject(library.record(paper), library.paper(paper)) for paper in asked.papers]
    if len(subjects) > 1:
        told = [Comparison(subjects=tuple(subjects), language="en", columns=())]
    else:
        fields = tuple(Field(name=name) for name in ALL_FIELDS)
        told = [load_breakdown(library, subjects[0], "en", "").model_copy(update={"fields": fields})]
    hands.tell(each for each in told)


def made(desk, do, *papers, model=False):
    """Clicks the button, waits for the end, and gives what was asked for."""
    do.make(papers, "en", model)
    making = desk.reports.papers.latest(PapersAsked(papers, "en", model).same)
    for _ in making.job.follow(0.1):
        pass
    assert making.job.done
    return making.asked


@pytest.mark.parametrize("papers", [["a"], ["a", "b"]])
def test_what_was_made_of_a_paper_is_not_shown_when_another_text_took_its_place(do, desk, papers):
    made(desk, do, *papers)
    assert do.show(papers, "en", False)["page"]
    put(desk.bench.library, paper_of("a", "Attention", "It was replaced."))
    shown = do.show(papers, "en", False)
    assert shown["page"] == "" and shown["make"].value in ("Break it down", "Compare")


@pytest.mark.parametrize(("newest", "older", "again"), [(3, len(ALL_FIELDS), False), (len(ALL_FIELDS), 3, True)])
def test_the_button_does_what_it_says(do, desk, newest, older, again):
    """It said to go on with the newest and made it anew, as another model's was whole."""
    keep(desk, "a", "2 older", older)
    keep(desk, "a", "1 newest", newest)
    said = do.show(["a"], "en", True)["make"].value
    assert said == ("Redo" if again else f"Continue: {len(ALL_FIELDS) - 3} fields left")
    assert made(desk, do, "a", model=True).again == again


def test_a_second_click_starts_nothing(do, desk):
    keep(desk, "a", "", len(ALL_FIELDS))
    with busy(desk.reports.papers._line):
        do.make(["a"], "en", False)
        KeptFields(desk.bench.library, subject(desk, "a").key, "en", "", prompts_version()).forget()
        do.make(["a"], "en", False)  # by now it would be no making anew
        assert len(desk.reports.papers.at_work()) == 1


def test_a_chosen_paper_that_is_gone_is_dropped(do, desk):
    desk.bench.library.remove("b")
    for shown in (do.opened(["a", "b"], [], "en", False), do.opened([], ["a", "b"], "en", False)):
        assert shown["papers"].value == ["a"]
        assert shown["make"].value == "Break it down" and shown["make"].interactive
    assert do.choose('["b", "en", ""]')["papers"].value == []
    with pytest.warns(UserWarning, match="b"):
        do.make(["a", "b"], "en", False)
    assert not desk.reports.papers.at_work()


def test_of_a_large_library_the_chosen_papers_are_offered_too(do, monkeypatch):
    monkeypatch.setattr(breakdown_actions, "_CHOICES", 1)
    shown = do.opened(["c", "a"], [], "en", False)
    assert shown["papers"].value == ["c", "a"]
    assert [value for _, value in shown["papers"].choices] == ["a", "c"]
