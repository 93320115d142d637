"""What a model may never hand on, as a text check: each drafted statement passes here before it is kept.

A fault leads to one retry with its detail as the reason, and then to the paper's own words or to "not stated".
Numbers, names and links are checked in assistant/verify/fact_check.py, whole pages in tests/page_faults.py; the words
and patterns stand in assistant/verify/text_faults.toml.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from assistant.llm.prompts import Language
from index.structure.sentences import sentence_spans

LONGEST_TEXT = 4_000  # characters; a statement or a paragraph that is longer is judged by its beginning
_ECHO_TOKENS = {"en": 8, "zh": 14}  # words or Chinese characters in a row that a text shares with its prompt
_LEAST_ECHO = 4  # tokens of a whole example that is repeated
_LEAST_SENTENCE = 6  # tokens; shorter sentences may stand twice
_LOOPS = {"en": ((1, 4), (3, 3), (12, 2)), "zh": ((1, 5), (5, 3), (12, 2))}  # up to so many tokens: so many times
_RUN = 16  # tokens that stand in a text at most twice
_LEAST_CHINESE = 0.5  # share of Chinese among Chinese and plain Latin words, a word counted as two characters
_LEAST_PLAIN = 0.35  # share of plain words among the Latin ones; below it they are names
_MOST_FOREIGN = 0.2  # share of letters of another script in an English text

_TOKEN = re.compile(r"[^\W\d_\u4e00-\u9fff]+|\d+(?:\.\d+)?|[\u4e00-\u9fff]")
_MARK_OR_TOKEN = re.compile(rf"{_TOKEN.pattern}|[^\s\w]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PLAIN_WORD = re.compile(r"(?<![\w.+#/\\-])[a-z]{2,}(?![\w+#\\]|[-./]\w)")
_FOREIGN = re.compile(r"[\u0400-\u08ff\u0900-\u0fff\u3040-\u30ff\uac00-\ud7af\u4e00-\u9fff]")
_NOT_PROSE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\$[^$\n]*\$|\\\(.{0,600}?\\\)|https?://[^\s）。，]+|“[^”]{0,600}”|\"[^\"\n]*\"", re.S
)
_TEX_QUOTE = re.compile(r"``[^`]*''|`[^`'\n]*'")
_LATIN_WORD = re.compile(r"[A-Za-z][\w.+/-]*")
_ENDS = re.compile(r"[.!?。！？][\s*_`\"'”’」』)）\]】》$]*$|https?://\S*[\w/][*_)）\]]*$")
_PAIRS = {"）": "（", "】": "【", "》": "《", "」": "「", "』": "『", "”": "“"}
_OPENING, _CLOSING = "([{", ")]}"


class FaultKind(StrEnum):
    """What can be wrong with a text, a fact, a link or a page."""

    CUT = "cut"  # does not end on a sentence, or leaves something open
    PLACEHOLDER = "placeholder"  # asks for the paper, or holds a blank instead of words
    NOTHING_SAID = "nothing_said"  # says that the paper does not say it
    GREETING = "greeting"
    ROLE_PLAY = "role_play"
    PROMPT_ECHO = "prompt_echo"
    LEFTOVER_JSON = "leftover_json"
    WRONG_LANGUAGE = "wrong_language"
    REPEATED = "repeated"
    UNSUPPORTED_NUMBER = "unsupported_number"  # not in the cited words
    UNSUPPORTED_NAME = "unsupported_name"  # neither in the cited words nor in the title
    CONTRADICTORY_NUMBERS = "contradictory_numbers"
    BROKEN_LINK = "broken_link"
    MISSING_HEADING = "missing_heading"
    HEADING_ORDER = "heading_order"
    HEADING_STYLE = "heading_style"
    INDENTED_ABSTRACT = "indented_abstract"  # rendered as code
    ANNOUNCE_PREFIX = "announce_prefix"  # "arXiv:… Announce Type:" left in
    DATE_MISMATCH = "date_mismatch"
    REPEATED_PARAGRAPH = "repeated_paragraph"
    SAME_PAPER_TWICE = "same_paper_twice"
    MIXED_BASIS = "mixed_basis"  # does not say whether it rests on the full text or the abstract
    KEY_FINDING_FAULT = "key_finding_fault"  # a question, or a sentence of the abstract


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, a sentence's part that says what is wrong, and where, as offsets into what was checked."""

    kind: FaultKind
    detail: str
    start: int
    end: int


def faults_of_text(text: str, *, language: Language, prompts: Sequence[str] = ()) -> list[Fault]:
    """What is wrong with one drafted statement, in order of place; empty where it may be kept.

    `prompts` are the parts of the prompt that must not come back: instructions, examples; never the paper's passages.
    """
    found = faults_of_passage(text, language=language, prompts=prompts)
    found += _found(FaultKind.NOTHING_SAID, "nothing_said", text, "says that the paper does not say it")
    found += _found(FaultKind.PROMPT_ECHO, "prompt_echo", text, "holds marks of the prompt")
    if fault := fault_of_ending(text):
        found.append(fault)
    return sorted(found, key=lambda fault: (fault.start, fault.end))


def faults_of_passage(text: str, *, language: Language | None, prompts: Sequence[str] = ()) -> list[Fault]:
    """The faults that any paragraph can have, whether it ends on a sentence or not."""
    text = text[:LONGEST_TEXT]
    found = _found(FaultKind.PLACEHOLDER, "placeholder", text, "stands for something that is not there")
    if _is_blank(text):
        found.append(Fault(FaultKind.PLACEHOLDER, "says nothing", 0, len(text)))
    found += _found(FaultKind.GREETING, "greeting", text, "speaks to the reader of a chat")
    found += _found(FaultKind.ROLE_PLAY, "role_play", text, "speaks of the model or of what it was asked")
    found += _found(FaultKind.LEFTOVER_JSON, "leftover_json", text, "holds marks of JSON or code")
    found += _echoes(text, prompts)
    found += _repetitions(text)
    if language and (detail := _wrong_language(text, language)):
        found.append(Fault(FaultKind.WRONG_LANGUAGE, detail, 0, len(text)))
    return found


def fault_of_ending(text: str) -> Fault | None:
    """Why a text was cut off: no end of a sentence, an abbreviation or article as its end, or something left open.

    >>> fault_of_ending("It reports the Top-1 accuracy (see Tab")
    Fault(kind=<FaultKind.CUT: 'cut'>, detail='does not end on a sentence', start=28, end=38)
    >>> fault_of_ending("它在 LIBERO 上达到 98.15%。")
    """
    kept = text.rstrip()
    tail = max(0, len(kept) - 10)
    if not kept:
        return Fault(FaultKind.CUT, "is empty", 0, len(text))
    if not _ENDS.search(kept):
        return Fault(FaultKind.CUT, "does not end on a sentence", tail, len(kept))
    if any(pattern.search(kept) for pattern in patterns("unfinished")):
        return Fault(FaultKind.CUT, "ends in the middle of a sentence", tail, len(kept))
    if (opened := _left_open(kept)) is not None:
        return Fault(
            FaultKind.CUT, f"opens {kept[opened : opened + 3].split()[0]} and never closes it", opened, len(kept)
        )
    return None


@cache
def patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of a name in assistant/verify/text_faults.toml."""
    return tuple(re.compile(each, re.IGNORECASE | re.MULTILINE) for each in _words_file()["patterns"][name])


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name in assistant/verify/text_faults.toml."""
    return tuple(_words_file()["words"][name])


@cache
def _words_file() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def without_code(text: str) -> str:
    """The text with code, formulas, addresses and quoted words blanked out, every offset kept."""
    return _NOT_PROSE.sub(lambda match: " " * len(match.group()), text)


def tokens(text: str) -> list[str]:
    """Words, numbers and single Chinese characters, in lower case."""
    return _TOKEN.findall(text.casefold())


def _found(kind: FaultKind, name: str, text: str, detail: str) -> list[Fault]:
    """The first place of a kind in a text; one is enough to turn it down."""
    for pattern in patterns(name):
        if match := pattern.search(text):
            return [Fault(kind, f"{detail}: “{' '.join(match.group().split())[:60]}”", *match.span())]
    return []


def _is_blank(text: str) -> bool:
    return not tokens(text) or text.strip(" \t\n*_`'\"“”()[]<>{}.。!！-:：").casefold() in words("blank")


def _left_open(text: str) -> int | None:
    """Where the first bracket, quotation mark, fence or bold stands that is not closed."""
    stack: list[tuple[str, int]] = []
    for offset, character in enumerate(text):
        if character in _OPENING or character in _PAIRS.values():
            stack.append((character, offset))
        elif character in _CLOSING or character in _PAIRS:
            wanted = _OPENING if character in _CLOSING else _PAIRS[character]  # "[0, 1)" is closed as well
            if stack and stack[-1][0] in wanted:
                stack.pop()
    if stack:
        return stack[0][1]
    for mark in (r"```", r"(?<!\w)\*\*|\*\*(?!\d)"):  # a power is no bold
        places = [match.start() for match in re.finditer(mark, text)]
        if len(places) % 2:
            return places[-1]
    ticks = [match.start() for match in re.finditer("`", _TEX_QUOTE.sub(lambda match: " " * len(match[0]), text))]
    return ticks[-1] if len(ticks) % 2 else None


def _echoes(text: str, prompts: Sequence[str]) -> Iterator[Fault]:
    said = tokens(text)
    length = _ECHO_TOKENS["zh" if _CHINESE.search(text) else "en"]
    runs = {tuple(said[row : row + length]) for row in range(len(said) - length + 1)}
    for prompt in prompts:
        asked = tokens(prompt)
        shared = any(tuple(asked[row : row + length]) in runs for row in range(len(asked) - length + 1))
        whole = len(asked) >= _LEAST_ECHO and f" {' '.join(asked)} " in f" {' '.join(said)} "
        if shared or whole:
            yield Fault(FaultKind.PROMPT_ECHO, f"repeats the prompt: “{prompt.strip()[:60]}”", 0, len(text))
            return


def _repetitions(text: str) -> Iterator[Fault]:
    seen: set[tuple[str, ...]] = set()
    for span in sentence_spans(text):
        sentence = tuple(tokens(text[span.start : span.end]))
        if len(sentence) >= _LEAST_SENTENCE and sentence in seen:
            yield Fault(FaultKind.REPEATED, "says a sentence twice", span.start, span.end)
            return
        seen.add(sentence)
    if loop := _loop(_MARK_OR_TOKEN.findall(text.casefold())):
        yield Fault(FaultKind.REPEATED, f"repeats “{loop}”", 0, len(text))


def _loop(said: list[str]) -> str:
    """What follows itself, marks between it included, or a run of words that stands three times."""
    for length in range(1, 13):
        for row in range(len(said) - 2 * length + 1):
            if said[row] != said[row + length]:  # the common case, quickly
                continue
            run = said[row : row + length]
            if run != said[row + length : row + 2 * length]:
                continue
            if not any(token.isalpha() and (len(token) > 1 or _CHINESE.match(token)) for token in run):
                continue
            language = "zh" if any(_CHINESE.match(token) for token in run) else "en"
            times = next(least for longest, least in _LOOPS[language] if length <= longest)
            if all(said[row + k * length : row + (k + 1) * length] == run for k in range(times)):
                return " ".join(run)
    runs = Counter(tuple(said[row : row + _RUN]) for row in range(len(said) - _RUN + 1))
    return next((" ".join(run) for run, count in runs.items() if count >= 3), "")


def _wrong_language(text: str, language: Language) -> str:
    """Why a text is not in the language; names of models and data sets belong to any language."""
    prose = without_code(text)
    if language == "en":
        letters = sum(character.isalpha() for character in prose)
        foreign = len(_FOREIGN.findall(prose))
        return "is not English" if foreign > 3 and foreign > _MOST_FOREIGN * letters else ""
    chinese, plain = len(_CHINESE.findall(prose)), len(_PLAIN_WORD.findall(prose))
    english = plain > 1 and plain >= _LEAST_PLAIN * len(_LATIN_WORD.findall(prose))
    return "is not Chinese" if english and chinese < _LEAST_CHINESE * (chinese + 2 * plain) else ""
