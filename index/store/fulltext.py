"""The lexical leg: words as SQLite's FTS5 indexes them, and any question as a query that FTS5 cannot misread.

SQLite's `unicode61` splits at everything but letters and digits and knows no Chinese, so: characters of Chinese,
Japanese and Korean are indexed one by one and searched as pairs; what hyphens and dots join is searched as a phrase
("state-of-the-art", "28.4", "GPT-3.5"), and hyphenated words are also indexed as one ("pretraining" finds
"pre-training", and the other way round). A word of a question is searched in British and in American spelling.
"""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from index.model.paper import Chunk, Paper
from index.model.records import Filters
from index.model.spelling import spellings

# bm25 weights of the columns body, joined, heading, title: a heading says what a chunk is about, a title is the same
# for all chunks of a paper and only tells papers apart.
_WEIGHTS = (1.0, 1.0, 0.6, 0.3)

_MOST_TERMS = 64  # a question has fewer; a pasted page is cut here

_CJK = "々〇぀-ヿ㐀-䶿一-鿿가-힯豈-﫿ｦ-ﾟ\U00020000-\U0003ffff"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_CJK_RUN = re.compile(f"[{_CJK}]+")
_HYPHENS = "\\-\u00ad\u2010-\u2015\u2212"
_TERM = re.compile(f"[^\\W_]+(?:[{_HYPHENS}.'’/_]+[^\\W_]+)*")
_HYPHENATED = re.compile(f"(?<![^\\W\\d_])[^\\W\\d_]++(?:[{_HYPHENS}][^\\W\\d_]++)++")  # linear: tried once a word
_HYPHEN = re.compile(f"[{_HYPHENS}]")

# Words that stand in every English question or chunk; none of them tells one passage from another.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about all also am an and any are as at be been being but by can could did do does doing for from had has
        have having he her his how i if in into is it its just me my of on or our she should so some such than that the
        their them then there these they this those to us was we were what when where which while who whom whose why
        will with would you your please tell explain describe give show paper papers""",
    )
)


def is_chinese(text: str) -> bool:
    """Whether a text is Chinese rather than a Latin text with a few Chinese characters.

    >>> is_chinese("它如何处理缺失帧?"), is_chinese("What is 注意力?")
    (True, False)
    """
    chinese = len(re.findall("[\u4e00-\u9fff]", text))
    return chinese > 2 * len(re.findall(r"[A-Za-z]+", text))


@dataclass(frozen=True, slots=True)
class ChunkWords:
    """What is indexed of a chunk: own text, hyphenated words joined, headings above, title of the paper."""

    body: str
    joined: str
    heading: str
    title: str


def words_of(paper: Paper, chunks: Iterable[Chunk]) -> list[ChunkWords]:
    """The words of each chunk. It takes a while: call it before a transaction locks the library."""
    title = indexed(paper.title)
    return [
        ChunkWords(indexed(chunk.text), _joined(chunk.text), indexed(" ".join(paper.headings(chunk.span.start))), title)
        for chunk in chunks
    ]


def add_words(connection: sqlite3.Connection, words: Iterable[tuple[int, ChunkWords]]) -> None:
    """Index the words of chunks under the chunks' ids."""
    connection.executemany(
        "INSERT INTO chunk_words (rowid, body, joined, heading, title) VALUES (?, ?, ?, ?, ?)",
        ((id, each.body, each.joined, each.heading, each.title) for id, each in words),
    )


def remove_words(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Take chunks out of the index."""
    connection.executemany("DELETE FROM chunk_words WHERE rowid = ?", ((id,) for id in ids))


def search_words(connection: sqlite3.Connection, query: str, limit: int, filters: Filters) -> list[tuple[int, float]]:
    """The chunks that share a word with `query`, best first, each with its BM25 score (higher is better).

    Any text is a query: nothing in it is read as FTS5 syntax. At most `limit`, ties by id.
    """
    match = match_expression(query)
    if not match or limit < 1:
        return []
    condition, values = _conditions(filters)
    rows = connection.execute(
        f"""SELECT chunk_words.rowid, bm25(chunk_words, {", ".join(map(str, _WEIGHTS))}) AS badness
            FROM chunk_words JOIN chunks ON chunks.id = chunk_words.rowid JOIN papers ON papers.id = chunks.paper_id
            WHERE chunk_words MATCH ? AND {condition} ORDER BY badness, chunk_words.rowid LIMIT ?""",
        (match, *values, limit),
    )
    return [(id, -badness) for id, badness in rows]


def match_expression(query: str) -> str:
    """A question as an FTS5 expression: its telling words, joined by OR; empty where it has no word at all.

    >>> match_expression("What is BLEU of state-of-the-art models?")
    '"bleu" OR "state of the art" OR "stateoftheart" OR "models"'
    >>> match_expression("神经网络 NEAR(x)")
    '"神 经" OR "经 网" OR "网 络" OR "near" OR "x"'
    """
    terms = [match.group() for match in _TERM.finditer(_normal(query))]
    telling = [term for term in terms if term not in STOP_WORDS] or terms
    phrases = dict.fromkeys(phrase for term in telling[:_MOST_TERMS] for phrase in _phrases(term))
    return " OR ".join(f'"{phrase}"' for phrase in list(phrases)[: 2 * _MOST_TERMS])


def _phrases(term: str) -> list[str]:
    """The phrases that stand for one term: CJK runs as pairs of characters, a compound as its parts and as one word."""
    found: list[str] = []
    rest = term
    for run in _CJK_RUN.findall(term):
        pairs = [f"{run[i]} {run[i + 1]}" for i in range(len(run) - 1)]
        found += pairs or [run]
        rest = rest.replace(run, " ", 1)
    for word in (each for written in rest.split() for each in spellings(written)):
        parts = re.findall(r"[^\W_]+", word)
        found.append(" ".join(parts))
        if _HYPHENATED.fullmatch(word):
            found.append("".join(parts))
    return [phrase for phrase in found if phrase]


def indexed(text: str) -> str:
    """A text as it is put into a full-text index: words alone, Chinese characters one by one."""
    # SQLite and Python disagree about what separates words: only what Python calls a word is left for SQLite to split.
    return _CJK_CHARACTER.sub(r" \g<0> ", re.sub(r"[\W_]+", " ", _normal(text)))


def _joined(text: str) -> str:
    words = _HYPHENATED.findall(_normal(text))
    return " ".join(dict.fromkeys(_HYPHEN.sub("", word) for word in words))


def _normal(text: str) -> str:
    """Case and compatibility forms folded (full width, mathematical letters), marks that stand alone dropped."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _conditions(filters: Filters) -> tuple[str, list[str | int]]:
    """A WHERE condition over `chunks` and `papers`, and its values."""
    conditions = ["chunks.zone IN (SELECT value FROM json_each(?))"]
    values: list[str | int] = [json.dumps(sorted(filters.wanted_zones))]
    if filters.papers is not None:
        conditions.append("chunks.paper_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(filters.papers)))
    first, last = filters.years or (None, None)
    for bound, operator in ((first, ">="), (last, "<=")):
        if bound is not None:
            conditions.append(f"papers.year {operator} ?")
            values.append(bound)
    return " AND ".join(conditions), values
