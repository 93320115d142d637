"""Every regular expression of the product, and how long each takes over long monotonous text. Run as a program.

Prints one JSON object: the expressions that took too long, and the calls whose expression cannot be seen from outside.
"""

# ruff: noqa: C901, E501, T201
import ast
import dataclasses
import importlib
import inspect
import json
import os
import pkgutil
import re
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

LONG = 100_000  # characters
SHORT = 2_000  # a quadratic expression takes ten milliseconds for so many, a linear one well under one
SUSPICIOUS = 0.002  # seconds for SHORT characters
# Of the processor's time, for one expression over all texts: a linear one of 120 words takes ten, a quadratic minutes.
MAX_SECONDS = 30
UNITS = [
    *"azAZ019-.,:;/\\'\"’“ \t\n_()[]{}<>*#|$&@=%~+?!中一的，。（½ãé§·\u0303\x00😀",
    *("a ", "a-", "a.", "1 ", "1,", "1.", "1-", "1/", "a1", "A ", "Aa", "A.", "A-", "a,", "a/", "a_", "a'", "a\n"),
    *("( ", "()", "[]", "中a", "中 ", " \n", "ab ", "Ab ", "*a", "`a", "**", "](", "<a", "in ", "the ", "\n#", "[1] "),
]
# Expressions that are put together inside functions, by module and source: what they are made of, as code to run there.
BUILT = {
    ("index.structure.links", "f'(?<=[A-Za-z.,;:)”]){mark.group()}(?!\\\\d|\\\\.\\\\d|%)'"): r"[r'(?<=[A-Za-z.,;:)”])12(?!\d|\.\d|%)']",
    ("index.structure.element_references", "pattern"): "list(_CHINESE_BEHIND.values()) + "
    r"[rf'(?:(?<![A-Za-z])(?:{w}))\s*({_NUMBER})(?:\s*(-|–|to|through|到|至)\s*(?:{w})?\s*({_NUMBER}))?"
    r"(?:\s*(?:and|&|,|和|与|、)\s*(?!{w})({_NUMBER}))?' for w in _WORDS.values()]",
    ("index.structure.element_references", "words"): "list(_FLOAT_WORDS.values())",
    ("index.structure.method_names", "f'(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])'"): "['(?<![A-Za-z0-9])aA(?![A-Za-z0-9])']",
    ("assistant.question.form", "f'(?<![\\\\w.]){re.escape(name)}(?!\\\\w)'"): r"[r'(?<![\w.])aA(?!\w)']",
    ("assistant.question.form", "spelled_out"): r"[r'\b' + r'[\s-]+'.join(f'{a}[a-z]+' for a in 'aaaaaa') + r'\b']",
    ("assistant.breakdown.select", "f'{field.against}|{SIGNPOST}'"): "[f'{f.against}|{SIGNPOST}' for f in field_questions().values()]",
    ("assistant.breakdown.select", "field.headings"): "[f.headings for f in field_questions().values()]",
    ("assistant.breakdown.select", "field.cues"): "[f.cues for f in field_questions().values()]",
    ("assistant.question.whole_paper", "number"): r"[r'^\s*(?:(?:[A-Z]?\.?\d+(?:\.\d+)*|[IVXL]+|[A-Z])[.:]?\s+|第?[一二三四五六七八九十\d]+[章节、]\s*)']",
    ("assistant.config.keywords", "'|'.join(spellings)"): "[_pattern(each) for each in "
    "('a a a a a', '中', 'a(a)', 'aaa1.1', '1-1-1', 'a/a, a', 'optimisations', \"aa's & aa*\", '....a')]",
    ("assistant.breakdown.named_things", "f\"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])\""): "[]",
    ("assistant.breakdown.named_things", "f'{re.escape(name)}[- ]v?\\\\d'"): r"[r'aA[- ]v?\d']",
    ("assistant.breakdown.named_things", "pattern"): "[_known(kind).pattern for kind in _lists()]",
    ("assistant.verify.text_faults", "each"): "[each for name in _words_file()['patterns'] for each in patterns(name)]",
    ("assistant.verify.text_faults", "mark"): r"['```', r'(?<!\w)\*\*|\*\*(?!\d)']",
    ("assistant.llm.tokens", "'|'.join(map(re.escape, markers)) or '(?!)'"): "['<a>|<b>']",
    ("assistant.breakdown.training_facts", "forward + (f'|(?<![\\\\w.])(?P<before>{_VALUE}){before}' if before else '')"): "[]",  # compiled at import
    ("assistant.question.whole_paper", "each['asked']"): "[each['asked'] for each in _aspects().values()]",
    ("assistant.question.whole_paper", "f'(?<!\\\\w){name}(?!\\\\w)'"): r"[r'(?<!\w)aA(?!\w)']",
    ("assistant.question.whole_paper", "aspect.cues"): "[each['cues'] for each in _aspects().values()]",
    ("index.structure.paper_card", "f'{any_case}(?<![A-Za-z0-9]){between}(?![A-Za-z0-9])'"): r"[r'(?i)(?<![A-Za-z0-9])aA\s+a(?![A-Za-z0-9])']",
    ("assistant.answering.gather", "cues"): "[]",  # those of assistant.question.whole_paper
    ("assistant.question.library_facts", "vocabulary['about']"): "[_vocabulary(each)['about'] for each in (True, False)]",
    ("assistant.question.library_facts", "vocabulary['clause']"): "[_vocabulary(each)['clause'] for each in (True, False)]",
    ("assistant.question.library_facts", "vocabulary['behind']"): "[_vocabulary(each)['behind'] for each in (True, False)]",
    ("assistant.question.library_facts", "vocabulary['catalogue']"): "[_vocabulary(each)['catalogue'] for each in (True, False)]",
    ("assistant.question.library_facts", "vocabulary[fact.value]"): "[_vocabulary(each)[fact.value] for each in (True, False) for fact in Fact]",
    ("assistant.question.question", "script"): "[script for _, script in _SCRIPTS]",
    ("assistant.verify.amounts", "cue"): "list(_CUES.values())",
    ("ui.pages.sentences", "''.join(parts)"): "[]",  # their sentences have at most ui.pages.sentences.LONGEST characters
}  # fmt: skip
_FLAGS_AT = {"compile": 1, "search": 2, "match": 2, "fullmatch": 2, "findall": 2, "finditer": 2, "split": 3, "sub": 4}
_ANCHORED = {"match", "fullmatch"}


class Expressions:
    """The expressions by pattern and flags, each with where it was found and the methods that it is used by."""

    def __init__(self) -> None:
        self.found: dict[tuple[str | bytes, int], tuple[str, set[str]]] = {}
        self.unseen: list[str] = []

    def add(self, expression: "re.Pattern[Any]", place: str, method: str = "") -> None:
        _, methods = self.found.setdefault((expression.pattern, expression.flags), (place, set()))
        if method:
            methods.add(method)

    def add_value(self, value: object, place: str, depth: int = 0) -> None:
        """Whatever expressions a value of a module holds."""
        if isinstance(value, re.Pattern):
            self.add(value, place)
        elif depth > 5:
            return
        elif isinstance(value, dict):
            for each in (*value, *value.values()):
                self.add_value(each, place, depth + 1)
        elif isinstance(value, list | tuple | set | frozenset):
            for each in value:
                self.add_value(each, place, depth + 1)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            for field in dataclasses.fields(value):
                self.add_value(getattr(value, field.name, None), place, depth + 1)
        elif isinstance(value, type) and depth == 0 and value.__module__.split(".")[0] in ("index", "assistant", "ui"):
            for each in vars(value).values():
                self.add_value(each, place, depth + 1)

    def add_calls(self, module: ModuleType) -> None:
        """The expressions of calls such as `re.sub("...", ...)`, and the methods that named ones are used by."""
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner, method = node.func.value, node.func.attr
            if not isinstance(owner, ast.Name):
                continue
            if owner.id == "re" and method in _FLAGS_AT:
                self._add_call(module, node, method)
            elif isinstance(named := vars(module).get(owner.id), re.Pattern):
                self.add(named, f"{module.__name__}.{owner.id}", method)

    def _add_call(self, module: ModuleType, node: ast.Call, method: str) -> None:
        place, source = f"{module.__name__}:{node.lineno}", ast.unparse(node.args[0])
        at = _FLAGS_AT[method]
        given = (
            [node.args[at]] if len(node.args) > at else [each.value for each in node.keywords if each.arg == "flags"]
        )
        flags = int(_run(ast.unparse(given[0]), module)) if given else 0
        built = BUILT.get((module.__name__, source))
        try:
            expressions = _run(built, module) if built else [_run(source, module)]
        except NameError:
            self.unseen.append(f"{place}: {source}")
            return
        for each in expressions:
            compiled = each if isinstance(each, re.Pattern) else re.compile(each, flags)
            self.add(compiled, place, "" if method == "compile" else method)


def _run(source: str, module: ModuleType) -> Any:
    return eval(source, dict(vars(module)))


def every_expression() -> Expressions:
    """All expressions of all modules of the product."""
    expressions = Expressions()
    for name in ("index", "assistant", "ui"):
        package = importlib.import_module(name)
        for each in pkgutil.walk_packages(package.__path__, f"{name}."):
            module = importlib.import_module(each.name)
            for key, value in list(vars(module).items()):
                expressions.add_value(value, f"{each.name}.{key}")
            expressions.add_calls(module)
    return expressions


def _texts(length: int) -> Iterator[str]:
    for unit in UNITS:
        yield unit * (length // len(unit)) + "!\n"  # an end that most expressions fail at


def _measure(expression: "re.Pattern[Any]", anchored: bool, pipe: int) -> None:
    """Search all texts: the short ones, and the long ones where a short one was slow. The pipe is told before each."""
    for short, long in zip(_texts(SHORT), _texts(LONG), strict=True):
        for text in (short, long):
            subject = text.encode() if isinstance(expression.pattern, bytes) else text
            os.write(pipe, f"{len(text)} of {text[:5]!r}\n".encode())
            begun = time.process_time()
            if anchored:
                expression.match(subject)
                expression.fullmatch(subject)
            else:
                sum(1 for _ in expression.finditer(subject))
            if time.process_time() - begun < SUSPICIOUS:
                break


def last_words(expression: "re.Pattern[Any]", anchored: bool) -> str:
    """Empty for an expression that came to its end; else the text over which the system stopped it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
        _measure(expression, anchored, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        words = told.read().decode().splitlines()
    _, status = os.waitpid(child, 0)
    return words[-1] if status else ""


def main() -> None:
    """Measure all, or with an argument those whose place holds it."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    expressions = every_expression()
    slow = []
    for (pattern, flags), (place, methods) in expressions.found.items():
        if wanted in place:
            compiled = re.compile(pattern, flags)
            if words := last_words(compiled, bool(methods) and methods <= _ANCHORED):
                slow.append(f"{place}: {pattern!r:.160} over {words}")
    print(json.dumps({"count": len(expressions.found), "slow": slow, "unseen": expressions.unseen}, ensure_ascii=False))


if __name__ == "__main__":
    main()
