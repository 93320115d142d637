"""What the form of a question says: how its answer is to be written, whether it is an amount, what it is about."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.verify.table_check import compares
from assistant.verify.terms import is_chinese, names, numbers
from index.structure.sentences import sentence_spans

MOST_NAMES = 10  # of a question that are looked for

_FORM = re.compile(
    r"\W*(?:please\s+)?(?:directly\s+|only\s+|just\s+)?"
    r"(?:writ\w*|answer|give|return|respond|reply|express|format|output|enumerate|round|provide|state)\b"
    r".*\b(?:answers?|format|integers?|int|floats?|decimals?|yes\W{1,4}or\W{1,4}no)\b"
    r"|\W*(?:the )?answer (?:needs to|should|must) be\b",
    re.IGNORECASE | re.DOTALL,
)
_CHINESE_FORM = re.compile(r"\W*请?(?:直接|只)?(?:用|以|按|写|回答|给出|列出).*(?:回答|作答|格式|整数|小数)")
_CHOICE = re.compile(r"\bor\b|还是|或", re.IGNORECASE)
_MEANING = re.compile(r"\bmean(?:s|t|ing)?\b|\bdefin\w+|\bstands? for\b|什么|含义|意思|定义", re.IGNORECASE)
_HOW_MANY = re.compile(
    r"\bhow many\b|\b(?:what|which) (?:percentage|proportion|fraction|share|number)\b|多少|几[个种层次篇倍项类]",
    re.IGNORECASE,
)
_ASKING = re.compile(r"\b(?:what|which|how|why|when|where|who|whose)\b|什么|哪|为何|如何|怎", re.IGNORECASE)
# Amounts in words, and lists, whose members can be counted.
_AMOUNT = re.compile(
    r"\b(?:single|once|twice|double|half|thirds?|quarters?|both|pairs?|dozens?|hundreds?|thousands?|[mb]illions?|all|every"
    r"|each|none|no|and)\b|[一二两三四五六七八九十百千万亿半双没无都和、]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“”]([^\"“”\n]*)[\"“”]")
_ARTICLE = re.compile(r"^\s*(?:the|an?)\s", re.IGNORECASE)
_SCALE = re.compile(r"[-–]\d+(?:\.\d+)?[A-Za-z]+$")  # ImageNet-1k, LLaMA-7B: papers write the scale elsewhere
# GPT3, DALLE-2: letters, then digits; XLNet, PyTorch: a capital inside. WMT14 and CNN are spelled in many ways.
_CLEAR = re.compile(r"([A-Za-z]{3,})[-–]?\d+[A-Za-z]?|(?=[A-Za-z]*[a-z][A-Z])[A-Za-z]+|[A-Z]{2,}[a-z]{2,}")
_LEAST_LETTERS = 5  # of a name without digits that is clear: "ViT" and "mIoU" may be spelled out


@dataclass(frozen=True)
class Absent:
    """A word of a question that no text holds. `clear`: no other spelling of it can stand there."""

    word: str
    clear: bool


def without_form(question: str) -> str:
    """The question without sentences behind it that only say how the answer is to be written.

    >>> without_form("How many layers are there? Please write the answer in integer format.")
    'How many layers are there?'
    >>> without_form("They define a loss. Give the answer in the list format")
    'They define a loss. Give the answer in the list format'
    """
    parts = [question[span.start : span.end] for span in sentence_spans(question)]
    kept: list[str] = []
    for part in parts:
        asked = any(each.endswith(("?", "？")) for each in kept)
        if not asked or part.endswith(("?", "？")) or not _is_form(part):
            kept.append(part)
    return question if kept == parts else " ".join(kept)


def gives_amount(question: str, text: str) -> bool:
    """Whether a text has the amount that a question asks for, or things to count; true where it asks for none alone.

    >>> gives_amount("How many modules use a model?", "Several modules use external models.")
    False
    >>> gives_amount("How many tasks are there?", "The tasks are SQuAD and MNLI."), gives_amount("Why?", "It is slow.")
    (True, True)
    """
    if not _HOW_MANY.search(question) or len(_ASKING.findall(question)) > 1:
        return True
    return bool(numbers(text) - numbers(question) or _AMOUNT.search(text))


def asks_amount(question: str) -> bool:
    """Whether a question asks for an amount.

    >>> asks_amount("how many tasks are there?"), asks_amount("which tasks are there?")
    (True, False)
    """
    return bool(_HOW_MANY.search(question))


def absent_words(question: str, texts: Iterable[str]) -> list[Absent]:
    """Names of a question (BERT, GPT-3) and words that it quotes which stand in none of the texts, as it writes them.

    Case, spaces and hyphens make no difference, nor does a plural; an abbreviation may stand there spelled out.

    >>> absent_words('How does GPT3 use the "coverage effect"?', ["Our coverage  effect is unlike that of BERT."])
    [Absent(word='GPT3', clear=True)]
    """
    whole = unicodedata.normalize("NFKC", " ".join(texts))
    bare, plain, chinese = _bare(whole), whole.casefold(), is_chinese(whole)
    quoted = [_ARTICLE.sub("", match[1]).strip() for match in _QUOTED.finditer(question)]
    quoted = [phrase for phrase in quoted if 3 <= len(phrase) <= 60 and is_chinese(phrase) == chinese]
    asks_meaning = bool(_MEANING.search(question))
    wanted = {phrase: asks_meaning for phrase in quoted}
    for name in sorted(names(question)):
        found = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", question, re.IGNORECASE)
        if found and not any(name in phrase.casefold() for phrase in quoted):
            wanted[found.group()] = _is_clear(found.group(), bare)
    return [Absent(word, clear) for word, clear in list(wanted.items())[:MOST_NAMES] if not _stands(word, bare, plain)]


def only_about(question: str, absent: list[Absent]) -> bool:
    """Whether a question is about nothing but what is absent: all its names are, clearly, and it offers no other."""
    rest = names(question) - {name for each in absent for name in names(each.word)}
    clear = bool(absent) and all(each.clear for each in absent)
    return clear and not rest and not compares(question) and not _CHOICE.search(question)


def _is_form(sentence: str) -> bool:
    return bool(_CHINESE_FORM.match(sentence) if is_chinese(sentence) else _FORM.match(sentence))


def _is_clear(name: str, bare: str) -> bool:
    match = _CLEAR.fullmatch(name)
    if match is None:
        return False
    return _bare(match[1]) not in bare if match[1] else len(name) >= _LEAST_LETTERS


def _stands(word: str, bare: str, plain: str) -> bool:
    wanted = _bare(_SCALE.sub("", word))
    singular = wanted.removesuffix("s")
    if not wanted or singular in bare:
        return True
    if not re.fullmatch("[a-z]{2,6}", singular):
        return False
    spelled_out = r"\b" + r"[\s-]+".join(f"{letter}[a-z]+" for letter in singular) + r"\b"
    return bool(re.search(spelled_out, plain))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
