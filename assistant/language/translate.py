"""Questions to English for searching, sentences to Chinese for reading. The numbers are watched by code."""

import re
from decimal import Decimal

from pydantic import BaseModel, Field

from assistant.llm.chat_model import AnswerCut, ChatModel, PromptTooLong, SchemaFailure
from assistant.llm.prompts import Language, load_prompt
from assistant.llm.server import Cancelling
from assistant.verify.quantities import quantities, speak_english, spoken
from assistant.verify.terms import is_chinese, names, negations, numbers, proper_names
from assistant.verify.text_faults import faults_of_text

_NUMERALS = {
    "two": "二两双",
    "three": "三",
    "four": "四",
    "five": "五",
    "six": "六",
    "seven": "七",
    "eight": "八",
    "nine": "九",
    "ten": "十",
    "eleven": "十",
    "twelve": "十",
}
_CHINESE_NEGATIVE = r"[不没未无非否免]|难以|缺乏|失败"
_CHINESE_DENIAL = r"不能|不会|没有|并未|未能|无法|并不|并非|不是|无需|不需|不再|不如|不可(?!或缺)|不允许|从未"
_ENGLISH_NEGATIVE = (
    r"\b(?:un|in|im|ir|non|dis)[a-z-]{4,}|less\b|\b(?:few|little|lack|fail|hardly|rarely|rather than|instead|worse"
    r"|difficult|hard|prevent|avoid|limit|infeasible|intractable|inferior)"
)
_LEAST_TOKENS = 80
_TOKENS_PER_TOKEN = 2  # a translation with its JSON is shorter than this


class Translation(BaseModel):
    """What the model makes of a text."""

    translation: str = Field(min_length=1)


def to_english(model: ChatModel, question_zh: str, cancelled: Cancelling = None) -> str:
    """A Chinese question in English, for searching English papers.

    Large numbers are put into English by code before the model reads them (it writes 650 billion for 650亿); a number
    of the question that is still not in the translation is appended. The question itself where the model fails.
    """
    source = speak_english(question_zh)
    english = _translated(model, source, "en", cancelled)
    if english is None or is_chinese(english):
        return question_zh
    missing = sorted(quantities(source) - quantities(english))
    return f"{english} ({', '.join(map(spoken, missing))})" if missing else english


def question_in_english(model: ChatModel, question: str, cancelled: Cancelling = None) -> str | None:
    """A question of any language in English, for searching English papers; None if the model fails.

    A number of the question that is not in the translation is appended.
    """
    tokens = max(_LEAST_TOKENS, _TOKENS_PER_TOKEN * model.count(question))
    messages = load_prompt("english", "en", question=question)
    try:
        filled, _ = model.fill(Translation, messages, answer_tokens=tokens, cancelled=cancelled)
    except (SchemaFailure, AnswerCut, PromptTooLong):
        return None
    english = filled.translation.strip()
    missing = sorted(numbers(question) - numbers(english))
    return f"{english} ({', '.join(missing)})" if missing else english


def to_chinese(model: ChatModel, sentence_en: str, cancelled: Cancelling = None) -> str:
    """An English sentence in Chinese, for a reader; the sentence itself where it came out saying something else.

    A sentence that was verified must not change what it says: numbers are compared by value, names by
    spelling, and whether it is negated.
    """
    chinese = _translated(model, sentence_en, "zh", cancelled)
    if chinese is None or not is_chinese(chinese) or quantities(chinese) != quantities(sentence_en):
        return sentence_en
    if bool(negations(chinese)) != bool(negations(sentence_en)):
        return sentence_en
    return chinese if _spells(chinese, sentence_en) else sentence_en


def in_language(model: ChatModel, sentence: str, language: Language, cancelled: Cancelling = None) -> str | None:
    """A sentence in the other language, or None where it came out cut, in the wrong language or saying something else.

    What must not change is compared: numbers by value, names by spelling, whether it is negated.
    """
    translation = _translated(model, sentence, language, cancelled)
    if translation is None or faults_of_text(translation, language=language):
        return None
    if language == "en" and (re.search("[\u4e00-\u9fff]", translation) or re.match(r"(?:yes|no)\b", translation, re.I)):
        return None  # words left as they were; a fragment taken for a question
    if language == "zh" and _left_english(translation, sentence):
        return None
    english, chinese = (sentence, translation) if language == "zh" else (translation, sentence)
    kept = _same_numbers(english, chinese) and _spells(translation, sentence)
    return translation if kept and _agree(english, chinese) else None


def _spells(translation: str, sentence: str) -> bool:
    """Whether every name of a sentence stands in its translation: a small model makes a pear of "Chinchilla"."""
    spelled = translation.casefold()
    return all(name in spelled for name in names(sentence) | proper_names(sentence))


def _agree(english: str, chinese: str) -> bool:
    """Whether neither denies what the other says; "unsupervised" is no denial though 无监督 has its character."""
    if negations(english):
        return bool(re.search(_CHINESE_NEGATIVE, chinese))
    return not re.search(_CHINESE_DENIAL, chinese) or bool(re.search(_ENGLISH_NEGATIVE, english, re.IGNORECASE))


def _left_english(chinese: str, english: str) -> bool:
    """Whether words were left in pieces or untranslated: adverbs, and what the sentence does not have ("预cludes")."""
    there = set(re.findall(r"[a-z]+", english.casefold()))
    left = re.findall(r"(?<![A-Za-z])[a-z]{4,}", chinese)
    return any(word not in there or word.endswith("ly") for word in left)


def _same_numbers(english: str, chinese: str) -> bool:
    """Whether both have the same numbers; a small English number word may be a Chinese numeral ("two steps", 两步)."""
    words = {Decimal(value) for value in numbers(re.sub(r"\d|\bone\b", " ", english, flags=re.IGNORECASE))}
    written = quantities(re.sub(rf"\b(?:{'|'.join(_NUMERALS)})\b", " ", english, flags=re.IGNORECASE))
    there = quantities(chinese)
    numerals = {Decimal(value) for value, numeral in enumerate(_NUMERALS.values(), 2) if set(numeral) & set(chinese)}
    return written <= there and words <= there | numerals and there <= written | words


def _translated(model: ChatModel, text: str, language: Language, cancelled: Cancelling) -> str | None:
    tokens = max(_LEAST_TOKENS, _TOKENS_PER_TOKEN * model.count(text))
    messages = load_prompt("translate", language, text=text)
    try:
        return model.fill(Translation, messages, answer_tokens=tokens, cancelled=cancelled)[0].translation.strip()
    except (SchemaFailure, AnswerCut, PromptTooLong):
        return None
