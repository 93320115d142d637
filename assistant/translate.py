"""Questions to English for searching, sentences to Chinese for reading. The numbers are watched by code."""

from pydantic import BaseModel, Field

from assistant.chat_model import ChatModel, SchemaFailure
from assistant.ollama_server import Cancelling
from assistant.prompts import Language, load_prompt
from assistant.quantities import quantities, speak_english, spoken
from assistant.terms import is_chinese, names, negations

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
    spelled = chinese.casefold()
    return chinese if all(name in spelled for name in names(sentence_en)) else sentence_en


def _translated(model: ChatModel, text: str, language: Language, cancelled: Cancelling) -> str | None:
    tokens = max(_LEAST_TOKENS, _TOKENS_PER_TOKEN * model.count(text))
    messages = load_prompt("translate", language, text=text)
    try:
        return model.fill(Translation, messages, answer_tokens=tokens, cancelled=cancelled)[0].translation.strip()
    except SchemaFailure:
        return None
