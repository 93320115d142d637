"""What the cross-encoder learns from: a question, the sentences that answer it, and sentences that do not.

`squad` reads files in the form of SQuAD (COVID-QA and XQuAD have it, too), `selqa` those of SelQA, and `authored` lines
of JSON {"question", "paper", "answers": [[number, ...], ...]} with the numbered sentences of each paper in a folder,
NAME.json: {"title", "rows": [[start, end, zone, sentence], ...]}. The sentences beside the point are those that share
most words with the question, and a few others.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.verify.terms import content_stems
from index.structure.sentences import sentence_spans

MIN_CHARACTERS = 25
MAX_ANSWERS = 4  # an answer over more sentences is a paragraph


@dataclass(frozen=True)
class Group:
    """A question, the title of what it is asked of, and sentences, each with whether it answers."""

    question: str
    title: str
    sentences: tuple[tuple[str, bool], ...]


class Text:
    """The sentences of a text, and how rare their words are."""

    def __init__(self, title: str, sentences: Sequence[str]) -> None:
        self.title, self.sentences = title, sentences
        self._stems = [set(content_stems(sentence)) for sentence in sentences]
        counts = Counter(stem for stems in self._stems for stem in stems)
        self._rare = {stem: math.log(1 + len(sentences) / (0.5 + count)) for stem, count in counts.items()}

    def group(
        self, question: str, answers: set[int], dice: random.Random, *, hard: int, others: int, usable: set[int]
    ) -> Group:
        """The question with its answers, the `hard` sentences most like it, and `others`."""
        asked = set(content_stems(question))
        beside = [row for row in usable - answers if len(self.sentences[row]) >= MIN_CHARACTERS]
        beside.sort(key=lambda row: self._likeness(row, asked) + 0.3 * dice.random(), reverse=True)
        rest = beside[hard:]
        chosen = beside[:hard] + dice.sample(rest, min(others, len(rest)))
        rows = [(row, True) for row in sorted(answers)] + [(row, False) for row in chosen]
        return Group(question, self.title, tuple((self.sentences[row], answer) for row, answer in rows))

    def _likeness(self, row: int, asked: set[str]) -> float:
        stems = self._stems[row]
        return sum(self._rare[stem] for stem in asked & stems) / math.sqrt(4 + len(stems))


def squad(file: Path, dice: random.Random) -> Iterator[Group]:
    """The groups of a file in the form of SQuAD; a question that has no answer there has none."""
    for article in json.loads(file.read_text("utf-8"))["data"]:
        sentences: list[str] = []
        places = []
        for paragraph in article["paragraphs"]:
            spans = [(span.start, span.end) for span in sentence_spans(paragraph["context"])]
            places.append((len(sentences), spans, paragraph["qas"]))
            sentences += [" ".join(paragraph["context"][start:end].split()) for start, end in spans]
        text = Text(article.get("title", "").replace("_", " "), sentences)
        for first, spans, questions in places:
            for each in questions:
                ranges = [(own["answer_start"], own["answer_start"] + len(own["text"])) for own in each["answers"]]
                answers = {
                    first + row
                    for row, (start, end) in enumerate(spans)
                    if any(start < last and end > begin for begin, last in ranges)
                }
                if not ranges or 0 < len(answers) <= MAX_ANSWERS:
                    usable = set(range(len(sentences)))
                    yield text.group(each["question"].strip(), answers, dice, hard=8, others=3, usable=usable)


def selqa(file: Path, dice: random.Random) -> Iterator[Group]:
    """The groups of a file of SelQA's answer sentence selection."""
    for each in json.loads(file.read_text("utf-8")):
        sentences = [" ".join(sentence.split()) for sentence in each["candidates"]]
        text, usable = Text(each["article"], sentences), set(range(len(sentences)))
        yield text.group(each["question"].strip(), set(each["answers"]), dice, hard=10, others=3, usable=usable)


def authored(file: Path, papers: Path, dice: random.Random) -> Iterator[Group]:
    """The groups of authored questions over papers whose sentences lie in a folder."""
    texts: dict[str, tuple[Text, set[int]]] = {}
    for line in file.read_text("utf-8").splitlines():
        each = json.loads(line)
        if each["paper"] not in texts:
            paper = json.loads((papers / f"{each['paper']}.json").read_text("utf-8"))
            usable = {row for row, (_, _, zone, _) in enumerate(paper["rows"]) if zone != "references"}
            texts[each["paper"]] = Text(paper["title"], [sentence for *_, sentence in paper["rows"]]), usable
        text, usable = texts[each["paper"]]
        answers = {number - 1 for group in each["answers"] for number in group}
        yield text.group(each["question"], answers, dice, hard=14, others=6, usable=usable)
