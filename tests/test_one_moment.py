"""A search reads in several steps, and is of one moment whatever others write in between."""

import pytest
from soak_world import Shelf, SoakContext, ingestion

from index.ingest.embedding import reindex_library
from index.ingest.ingest import remove_paper
from index.search import searcher as search_module


@pytest.fixture
def home(tmp_path):
    shelf = Shelf(tmp_path / "shelf")
    for work in range(3):
        (shelf.folder / f"{work}.pdf").write_bytes(shelf.books[work, 0])
    with SoakContext(tmp_path / "home") as context:
        ingestion([str(shelf.folder)])(context, lambda kind, what: None)
    return tmp_path / "home"


def removed(context):
    for record in context.library.papers():
        remove_paper(context.library, context.vectors, record)


def cut_otherwise(context):
    context.index_settings = type(context.index_settings)(context.index_settings.home, "", 64, None)
    list(reindex_library(context.library, context.vectors, context.embedder, context.index_settings, chunks=True))


@pytest.mark.parametrize("change", [removed, cut_otherwise])
@pytest.mark.parametrize("step", ["merged", "find_subjects"])
def test_what_is_written_in_the_middle_of_a_search_is_for_the_next_one(home, monkeypatch, change, step):
    """It ended in PaperNotFound, or could quote a new text by the spans of the old one."""
    real, done = getattr(search_module, step), []

    def meanwhile(*arguments, **options):
        if not done:
            done.append(True)
            with SoakContext(home) as other:
                change(other)
        return real(*arguments, **options)

    with SoakContext(home) as context:
        before = context.searcher.search("rivers", 20).passages
        monkeypatch.setattr(search_module, step, meanwhile)
        found = context.searcher.search("rivers", 20).passages
        assert done and [each.text for each in found] == [each.text for each in before] != []
        assert bool(context.searcher.search("rivers", 20).passages) == (change is not removed)


def test_a_moment_is_of_its_thread_and_ends_with_an_error(home):
    with SoakContext(home) as context:
        library = context.library
        with pytest.raises(RuntimeError), library.one_moment():
            remove_paper(library, context.vectors, library.papers()[0])
            assert len(library.papers()) == 3, "as it was when the moment began"
            raise RuntimeError
        assert len(library.papers()) == 2
