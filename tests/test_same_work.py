"""Which papers are versions of one work, and which only look like it."""

from dataclasses import replace

import pytest
from small_papers import small_paper

from index.ingest.same_work import same_work, shared_text
from index.model.paper import Zone

RIVERS = " ".join(f"River number {n} runs for {n * 37} miles and has {n % 7} mouths." for n in range(60))
DESERTS = " ".join(f"In desert {n} it rained on {n % 5} days, and {n * 11} camels were seen." for n in range(60))


def paper(text, title="", authors=(), arxiv_id=None):
    made = small_paper("p", (("Body", Zone.BODY, text),), title=title, arxiv_id=arxiv_id)
    return replace(made, authors=authors)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (paper(RIVERS, "Rivers of the World"), paper(RIVERS + DESERTS[:900], "Streams"), True),
        (paper(RIVERS, "Rivers of the World"), paper(DESERTS, "Deserts of the World"), False),
        (paper(RIVERS, "Draft"), paper(DESERTS, "Draft"), False),
        (paper(RIVERS, "Draft", ("A. One",)), paper(DESERTS, "Draft", ("A. One",)), True),
        (paper(RIVERS, "Rivers", ("A. One", "B. Two")), paper(DESERTS, "Deserts", ("A. One", "B. Two")), False),
        (paper(RIVERS, "Rivers", (), "2101.00001v1"), paper(DESERTS, "Deserts", (), "2101.00001v9"), False),
        (paper(RIVERS, "Rivers", (), "2101.00001v1"), paper(DESERTS, "Rivers", (), "2101.00001v2"), True),
        (paper(RIVERS, "", ("A. One",), "2101.00001"), paper(DESERTS, "", ("A. One",), "2101.00001"), True),
        (paper("", ""), paper("", ""), False),
    ],
    ids=["text", "nothing", "title", "title+authors", "authors", "false id", "id+title", "id+authors", "empty"],
)
def test_versions_of_one_work(old, new, same):
    assert same_work(old, new) is same_work(new, old) is same


def test_chinese_text_without_white_space_counts():
    old = "".join(f"第{n}条河流长{n * 37}公里，有{n % 7}个河口。" for n in range(60))
    assert shared_text(old, old.replace("第3条", "第三条")) > 0.9 and shared_text(old, RIVERS) == 0
