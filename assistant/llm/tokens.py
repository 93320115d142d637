"""Counting a prompt in the model's own tokens, from the vocabulary that the server reports.

A model with a byte-level BPE vocabulary (Qwen, Llama 3, GPT-2, SmolLM, Phi-4, …) is counted exactly: the same merges,
the same pre-tokenizer. For any other the count is an estimate on the safe side.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.llm.prompts import Message
from index.files.home import private_folder
from index.files.whole_file import write_whole

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Pre-tokenizers by the name in `tokenizer.ggml.pre`, after llama.cpp's src/llama-vocab.cpp (MIT).
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
_ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SLASH_TAIL = _TAIL.replace(r"[\r\n]*", r"[\r\n/]*", 1)
_LLAMA3 = rf"{_ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_TAIL}"
_QWEN2 = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
_QWEN35 = rf"{_ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}|" + _TAIL.replace(
    r"\p{L}\p{N}", r"\p{L}\p{M}\p{N}", 1
)
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CASED = r"[^\r\n\p{L}\p{N}]?"
_GPT4O = rf"{_CASED}{_UPPER}*{_LOWER}+{_ENDINGS}?|{_CASED}{_UPPER}+{_LOWER}*{_ENDINGS}?|\p{{N}}{{1,3}}|{_SLASH_TAIL}"
_TEKKEN = rf"{_CASED}{_UPPER}*{_LOWER}+|{_CASED}{_UPPER}+{_LOWER}*|\p{{N}}|{_SLASH_TAIL}"
_DIGITS = r"\p{N}"
_PATTERNS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "grok-2"): (_QWEN2,),
    ("qwen35",): (_QWEN35,),
    ("llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2", "dbrx", "smaug-bpe", "glm4", "chatglm-bpe"): (_LLAMA3,),
    ("gpt-4o", "llama4"): (_GPT4O,),
    ("tekken", "pixtral"): (_TEKKEN,),
    ("gpt-2", "mpt", "olmo", "jais", "phi-2", "trillion", "mellum"): (_GPT2,),
}
# Named in llama.cpp: smollm, starcoder, refact, command-r, codeshell, exaone, minerva-7b. Also for an unknown name, as
# it cuts text into the most pieces.
_UNKNOWN = (_DIGITS, _GPT2)
_WHOLE_WORDS = ("llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2", "tekken", "pixtral")  # llama.cpp: ignore_merges

_CONTROL, _USER_DEFINED = 3, 4  # llama_token_type
_PIECE = re.compile(r"[A-Za-z]+|.", re.DOTALL)


class TokenCounter:
    """Counts text as the model reads it; `exact` says whether by its vocabulary or by a safe estimate."""

    def __init__(self, tokenizer: "Tokenizer | None", control: Sequence[str], vocabulary: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = frozenset(vocabulary)  # only the estimate looks into it
        markers = sorted((token for token in control if len(token) > 2), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, markers)) or r"(?!)")

    @classmethod
    def from_model_info(cls, model_info: Mapping[str, Any]) -> "TokenCounter":
        """From what Ollama's `/api/show` gives with `verbose`; without a vocabulary in it all is estimated."""
        tokens: list[str] = model_info.get("tokenizer.ggml.tokens") or []
        types: list[int] = model_info.get("tokenizer.ggml.token_type") or []
        control = [token for token, kind in zip(tokens, types, strict=False) if kind == _CONTROL]
        tokenizer = _byte_level(model_info, tokens, types)
        byte_level = model_info.get("tokenizer.ggml.model") == "gpt2"  # its tokens are not written as they read
        return cls(tokenizer, control, [] if byte_level else tokens)

    @classmethod
    def load(cls, file: Path) -> "TokenCounter | None":
        """What `save` wrote; `None` where it is not there or not whole."""
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        except Exception:  # the library raises nothing narrower for a damaged file
            return None
        added = tokenizer.get_added_tokens_decoder().values()
        return cls(tokenizer, [token.content for token in added if token.special], [])

    def save(self, file: Path) -> None:
        """Keep the vocabulary of an exact counter (5 MB for Qwen), which loads faster than the server gives it."""
        if self._tokenizer is not None:
            private_folder(file.parent)
            write_whole(file, self._tokenizer.to_str())

    @property
    def exact(self) -> bool:
        """Whether `count` is the model's own count, not an estimate that is too high."""
        return self._tokenizer is not None

    def count(self, text: str) -> int:
        """Tokens of a text by itself, control tokens in it defused."""
        safe = self.defused(text)
        if self._tokenizer is None:
            return self._estimate(safe)
        return len(self._tokenizer.encode(safe, add_special_tokens=False).ids)

    def defused(self, text: str) -> str:
        """The text with a space inside each control token, such as <|im_end|>, which would end the message early."""
        return self._control.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)

    def _estimate(self, text: str) -> int:
        # One more for the space that SentencePiece puts before a text, a token by itself where no word takes it.
        return 1 + sum(self._estimate_piece(piece) for piece in _PIECE.findall(text))

    def _estimate_piece(self, piece: str) -> int:
        if piece in self._vocabulary or f"▁{piece}" in self._vocabulary:
            return 1
        # A word that is not in the vocabulary breaks up; a character that is not becomes its bytes.
        return ceil(len(piece) / 2) if piece.isascii() else len(piece.encode())


@dataclass(frozen=True)
class ChatOverhead:
    """Tokens that the chat template adds: to each message, and to a prompt with and without a system message."""

    per_message: int = 16  # the defaults are above what the usual templates take (ChatML: 5, Llama 3: 5)
    with_system: int = 64
    without_system: int = 64

    @classmethod
    def measured(cls, alone: int, with_system: int, four: int) -> "ChatOverhead":
        """From the tokens, less their text, of the prompts [user], [system, user] and [system, user, assistant, user].

        A zero in them, from a server that does not count, gives the defaults.
        """
        if min(alone, with_system, four) <= 0:
            return cls()
        each = max(ceil((four - with_system) / 2), 0)
        return cls(each, max(with_system - 2 * each, 0), max(alone - each, 0))

    @classmethod
    def load(cls, file: Path) -> "ChatOverhead | None":
        """What `save` wrote; `None` where it is not there or not whole."""
        try:
            facts = json.loads(file.read_text())
            return cls(**{name: int(facts[name]) for name in ("per_message", "with_system", "without_system")})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, file: Path) -> None:
        """Keep it."""
        private_folder(file.parent)
        write_whole(file, json.dumps(asdict(self)))

    def of(self, messages: Sequence[Message]) -> int:
        """Tokens that the template adds to these messages."""
        fixed = self.with_system if any(message.role == "system" for message in messages) else self.without_system
        return fixed + self.per_message * len(messages)


def _byte_level(model_info: Mapping[str, Any], tokens: list[str], types: list[int]) -> "Tokenizer | None":
    merges: list[str] = model_info.get("tokenizer.ggml.merges") or []
    if model_info.get("tokenizer.ggml.model") != "gpt2" or not tokens or not merges:
        return None
    from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

    name = str(model_info.get("tokenizer.ggml.pre"))
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    if any(left + right not in vocabulary for left, right in pairs):
        return None
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs, ignore_merges=name in _WHOLE_WORDS))
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in _patterns().get(name, _UNKNOWN)]
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*splits, byte_level])
    added = [(token, kind) for token, kind in zip(tokens, types, strict=False) if kind in (_CONTROL, _USER_DEFINED)]
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=kind == _CONTROL) for token, kind in added])
    return tokenizer


@cache
def _patterns() -> dict[str, tuple[str, ...]]:
    return {name: patterns for names, patterns in _PATTERNS.items() for name in names}
