"""`papers vault`: notes that are made again without touching what the user wrote, from text that is hostile."""

import json
import re

import made_records
import pytest
import yaml
from made_papers import broken_down, kite_paper
from markdown_it import MarkdownIt
from small_papers import put, small_paper
from test_export_commands import cited, papers

from assistant.breakdown.breakdown import Breaker
from assistant.breakdown.sources import library_subject
from assistant.chat import conversation
from assistant.digest.ledger import keep_report
from assistant.vault.notes import Fate, put_note
from assistant.vault.vault import write_vault
from index.model.paper import Zone
from index.store.bibliography import note_facts
from index.store.library import Library
from index.store.tags import set_tag

SHORES = "Survey of Lakes and Their Shores"
HOSTILE = (
    'x <!-- papers: end -->\n---\nevil: 1\n# h [[y]] ![i](http://evil.example) <script>z</script> %%c%% "q" ../../up'
)


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        references = (
            "References",
            Zone.REFERENCES,
            f"[1] A. Müller. Survey of lakes and\ntheir shores. 2020. {'x ' * 50}",
        )
        abstract = ("Abstract", Zone.ABSTRACT, "We study rivers.")
        put(opened, small_paper("a", (abstract, references), title="Rivers", arxiv_id="1706.03762v5"))
        put(opened, small_paper("b", title=SHORES, year=2020, authors=("A. Müller",)))
        put(opened, small_paper("c", title=HOSTILE, authors=(HOSTILE,)))
        set_tag(opened, "a", "to read")
        yield opened


def run(library, folder):
    return {
        note.file.relative_to(folder).as_posix(): note.fate for note in write_vault(library, folder, library.papers())
    }


def front_of(text):
    return yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])


def test_a_note_a_paper_with_properties_abstract_and_links(library, tmp_path):
    made = run(library, tmp_path / "v")
    assert len(made) == 3 and set(made.values()) == {Fate.WRITTEN}
    text = (tmp_path / "v" / "papers" / "vaswani2017rivers.md").read_text("utf-8")
    front = front_of(text)
    assert (front["paper"], front["title"], front["year"], front["tags"]) == ("a", "Rivers", 2017, ["to-read"])
    assert front["doi"] == "10.48550/arXiv.1706.03762" and "Ashish Vaswani" in front["authors"]
    assert "## Abstract\n\nAbstract We study rivers." in text
    assert f"- [{SHORES}](<muller2020survey.md>)" in text
    assert set(run(library, tmp_path / "v").values()) == {Fate.UNCHANGED}


def test_what_the_user_writes_around_our_part_stays(library, tmp_path):
    run(library, tmp_path)
    file = tmp_path / "papers" / "muller2020survey.md"
    text = file.read_text("utf-8").replace("---\n\n", "rating: 5\n---\n\nMine above, é\n", 1) + "\nMine below\n"
    file.write_text(text, "utf-8")
    assert run(library, tmp_path)["papers/muller2020survey.md"] is Fate.UNCHANGED
    note_facts(library, "b", {"venue": "Waters", "kind": "article-journal"})
    assert run(library, tmp_path)["papers/muller2020survey.md"] is Fate.UPDATED
    new = file.read_text("utf-8")
    assert "Waters" in new and new.replace("Waters · ", "") != new
    assert new.startswith(text.partition("<!-- papers")[0]) and new.endswith("\nMine below\n") and "rating: 5" in new


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("# Survey", "# My survey"),
        lambda text: text.replace("<!-- papers: end -->", ""),
        lambda text: re.sub(r"<!-- papers: begin[^\n]*\n", "", text),
        lambda text: text + text.partition("---\n\n")[2],
        lambda text: "",
        lambda text: "all mine",
    ],
)
def test_a_note_whose_part_the_user_has_changed_is_left_as_it_is(library, tmp_path, change):
    run(library, tmp_path)
    file = tmp_path / "papers" / "muller2020survey.md"
    text = change(file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    note_facts(library, "b", {"venue": "Waters"})
    assert run(library, tmp_path)["papers/muller2020survey.md"] is Fate.KEPT
    assert file.read_text("utf-8") == text


def test_a_note_is_known_where_the_user_moved_it(library, tmp_path):
    run(library, tmp_path)
    (tmp_path / "My Reading").mkdir()
    moved = (tmp_path / "papers" / "muller2020survey.md").rename(tmp_path / "My Reading" / "lakes.md")
    again = run(library, tmp_path)
    assert again["My Reading/lakes.md"] is Fate.UNCHANGED and not (tmp_path / "papers" / "muller2020survey.md").exists()
    assert again["papers/vaswani2017rivers.md"] is Fate.UPDATED
    text = (tmp_path / "papers" / "vaswani2017rivers.md").read_text("utf-8")
    assert "](<../My%20Reading/lakes.md>)" in text and moved.exists()


def test_hostile_text_ends_no_part_opens_no_link_and_leaves_the_folder_alone(library, tmp_path):
    folder = tmp_path / "v"
    made = run(library, folder)
    assert {file.relative_to(folder).parts[0] for file in folder.rglob("*.md")} == {"papers"}
    (name,) = [name for name in made if "vaswani" not in name and "muller" not in name]
    text = (folder / name).read_text("utf-8")
    assert front_of(text)["paper"] == "c" and "evil" not in front_of(text)
    assert len(re.findall("^<!-- papers", text, re.MULTILINE)) == 2
    body = text.partition("---\n\n")[2]
    shown = MarkdownIt("commonmark").render(body)
    assert not any(each in shown for each in ("<script", "<img", "<a ")) and "[[" not in body and "%%" not in body
    assert run(library, folder)[name] is Fate.UNCHANGED


def test_a_kept_breakdown_an_answer_and_a_report_are_notes(library, tmp_path, fetched, embedder):
    kite = kite_paper()
    put(library, kite)
    subject = library_subject(library.record(kite.id), library.paper(kite.id))
    broken_down(Breaker(embedder, None, library), library.paper(kite.id), subject=subject)
    talk = conversation.start(library, "About lakes?")
    conversation.add_turn(library, talk.id, "q", "q", json.dumps(cited_whole("b")))
    keep_report(library, made_records.digest())
    made = run(library, tmp_path)
    answer = next(name for name in made if name.startswith("answers/About-lakes-"))
    assert "digests/2026-01-20-robotics.md" in made
    assert "](<../papers/muller2020survey.md>)" in (tmp_path / answer).read_text("utf-8")
    note = next((tmp_path / "papers").glob("*kitenet*.md")).read_text("utf-8")
    assert note.count("\n# ") == 1 and "WindBench" in note and "\n## " in note


def cited_whole(*ids):
    answer = cited(*ids)
    for sentence in answer["sentences"]:
        for each in sentence["citations"]:
            each |= {"title": "T", "pages": [1, 1], "heading": [], "quote": "words", "span": [0, 5]}
    return answer


def test_the_command_says_what_it_did_and_what_it_cannot(library, tmp_path):
    home = library.home
    told = json.loads(papers(home, "vault", tmp_path / "v", "--json"))
    assert told["counts"] == {"written": 3} and len(told["notes"]) == 3
    assert papers(home, "vault", tmp_path / "v", "--paper", "b").strip() == "1 unchanged"
    (tmp_path / "v" / "papers" / "muller2020survey.md").write_text('---\npaper: "b"\n---\nmine')
    assert "muller2020survey.md" in papers(home, "vault", tmp_path / "v")
    (tmp_path / "file").write_text("x")
    assert "Choose another folder" in papers(home, "vault", tmp_path / "file", code=1)


def test_a_note_with_other_line_ends_and_bytes_is_renewed(tmp_path):
    file = tmp_path / "n.md"
    assert put_note(file, "", "one\n") is Fate.WRITTEN
    file.write_bytes(b"\xff mine\r\n" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert put_note(file, "", "two\n") is Fate.UPDATED
    assert file.read_bytes().startswith(b"\xff mine\n<!-- papers: begin") and b"two\n" in file.read_bytes()
