"""Rename constants LEAST_, FEWEST_, SHORTEST_, SMALLEST_ to MIN_ and MOST_, LONGEST_, LARGEST_ to MAX_, in place.

Usage: python scripts/minmax.py [ROOT]. Can be run again: what has its new name is left alone. Nothing is written if a
new name would meet another one in a file; the files and names are then listed.
"""

import ast
import re
import sys
from pathlib import Path

FOLDERS = ("index", "assistant", "ui", "tests", "scripts")
KINDS = {"LEAST": "MIN", "FEWEST": "MIN", "SHORTEST": "MIN", "SMALLEST": "MIN"}
KINDS |= {"MOST": "MAX", "LONGEST": "MAX", "LARGEST": "MAX", "BIGGEST": "MAX"}
DEFAULTS = {"LONGEST": "LENGTH", "SHORTEST": "LENGTH", "LARGEST": "SIZE", "SMALLEST": "SIZE", "BIGGEST": "SIZE"}
OLD = re.compile(rf"(_?)({'|'.join(KINDS)})(_[A-Z0-9_]+)?")

# The same name in every module, where the rule below would say too little. Keys and values are without a first "_".
NAMES = {
    "LEAST_OF_QUOTES": "MIN_QUOTE_SHARE",
    "LEAST_SPOKEN": "MIN_SENTENCE_SHARE",
    "LEAST_SPOKEN_OF": "MIN_PART_SHARE",
    "LEAST_OWN": "MIN_OWN_SHARE",
    "LEAST_LEFT": "MIN_REST_LENGTH",
    "LEAST_FIGURE": "MIN_FIGURE_SIZE",
    "LEAST_ABSTRACT": "MIN_ABSTRACT_LENGTH",
    "LEAST_REPEATED": "MIN_REPEATED_LENGTH",
    "LEAST_PROSE": "MIN_PROSE_LENGTH",
    "LEAST_ECHO": "MIN_ECHO_TOKENS",
    "LEAST_SENTENCE": "MIN_SENTENCE_TOKENS",
    "LEAST_PLAIN": "MIN_PLAIN_SHARE",
    "LEAST_CHINESE": "MIN_CHINESE_SHARE",
    "LEAST_COMMON": "MIN_COMMON_SHARE",
    "LEAST_FOUND": "MIN_FOUND_SHARE",
    "MOST_FOREIGN": "MAX_FOREIGN_SHARE",
    "MOST_NOTES": "MAX_NOTES_SHARE",
    "MOST_NEW": "MAX_NEW_SHARE",
    "LEAST_KEPT": "MIN_KEPT_SHARE",
    "LEAST_FREE": "MIN_FREE_BYTES",
    "MOST_MORE": "MAX_FURTHER_DRAFTS",
    "SHORTEST_CHINESE": "MIN_CHINESE_LENGTH",
    "LONGEST_BODY": "MAX_BODY_LINES",
    "LONGEST_MODULE": "MAX_MODULE_LINES",
    "LONGEST_BACK_OFF": "MAX_BACK_OFF_SECONDS",
    "LONGEST_TURN": "MAX_TURN_SECONDS",
    "LONGEST_RANGE": "MAX_RANGE",
    "LARGEST_LISTING": "MAX_LISTING_BYTES",
    "LARGEST_FEED": "MAX_FEED_BYTES",
    "LARGEST_CALL": "MAX_CALL_BYTES",
}
# Names that one module uses for something else, by the module's last name.
OWN_NAMES = {
    ("select", "LEAST_ABSTRACT"): "MIN_ABSTRACT_SENTENCES",
    ("regions", "LEAST_FIGURE"): "MIN_FIGURE_POINTS",
}
# Names without a noun: what is counted or measured, by the module's last name.
NOUNS = {
    "method_names": "NAMES", "web_address": "ADDRESS_LENGTH", "links": "LINKS", "headings": "HEADING_LENGTH",
    "paragraphs": "COMPOUND_LENGTH", "page_text": "TEXT_POINTS", "tags": "TAG_LENGTH", "ids": "ID_LENGTH",
    "daily_feed": "FEED_BYTES", "abstract_vectors": "VECTORS", "keywords": "KEYWORD_LENGTH", "key_terms": "TERM_WORDS",
    "fact_sentences": "SENTENCE_LENGTH", "fact_fields": "FACTS", "inventory": "LISTED", "follow_up": "QUESTION_LENGTH",
    "form": "LENGTH", "sentences": "SENTENCE_LENGTH", "select": "SENTENCE_LENGTH", "compare": "PAPERS",
    "test_offline": "SECONDS", "measure_screens": "MILLISECONDS",
}  # fmt: skip
NOUNS_OF_NAMES = {
    ("element_references", "LONGEST"): "PLACE_LENGTH", ("element_references", "MOST"): "PLACES",
    ("summary", "MOST"): "ITEMS", ("summary", "LONGEST"): "HIGHLIGHT_LENGTH",
}  # fmt: skip


def new_name(module: str, name: str) -> str:
    """The new name of a constant that the module with this last name defines.

    >>> new_name("claim", "LONGEST_QUOTE"), new_name("claim", "_LEAST_ALPHA"), new_name("tags", "LONGEST")
    ('MAX_QUOTE_LENGTH', '_MIN_ALPHA', 'MAX_TAG_LENGTH')
    """
    match = OLD.fullmatch(name)
    assert match, name
    under, word, rest = match[1], match[2], match[3] or ""
    bare = word + rest
    if special := OWN_NAMES.get((module, bare)) or NAMES.get(bare):
        return under + special
    if not rest:
        default = (
            "LENGTH" if word in ("LONGEST", "SHORTEST") else "SIZE" if word in ("LARGEST", "SMALLEST") else "COUNT"
        )
        rest = "_" + (NOUNS_OF_NAMES.get((module, bare)) or NOUNS.get(module, default))
    elif word in ("LONGEST", "SHORTEST"):
        rest += "_LENGTH"
    return f"{under}{KINDS[word]}{rest}"


def defined(tree: ast.AST) -> set[str]:
    """Every name that the file gives a value to."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def imports(tree: ast.AST) -> list[tuple[str, str, str]]:
    """(module's last name, name in it, name here) of each `from module import name [as name]`."""
    return [
        ((node.module or "").split(".")[-1], alias.name, alias.asname or alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def renames(stem: str, tree: ast.AST, known: set[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Old names to new ones in a file: of names, and of attributes of imported modules (`module.name`)."""
    names = {name: new_name(stem, name) for name in defined(tree) if OLD.fullmatch(name)}
    attributes = {}
    for module, name, here in imports(tree):
        if OLD.fullmatch(name):
            names[name] = new_name(module, name)
        for owner, constant in known:
            if owner == name:  # `from index.store import tags`: tags.LONGEST
                attributes[f"{here}.{constant}"] = f"{here}.{new_name(owner, constant)}"
                attributes[f'{here}, "{constant}"'] = f'{here}, "{new_name(owner, constant)}"'  # monkeypatch.setattr
    return names, attributes


def replaced(text: str, names: dict[str, str], attributes: dict[str, str]) -> str:
    """A file's text, its comments and strings included, with the new names."""
    for old, new in attributes.items():
        text = re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text)
    for old, new in names.items():
        text = re.sub(rf"(?<![\w.]){old}\b", new, text)
    return text


def faults(path: Path, tree: ast.AST, names: dict[str, str]) -> list[str]:
    """New names that two old ones would share, or that the file has already."""
    there = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {here for *_, here in imports(tree)}
    values = list(names.values())
    return [f"{path}: {old} -> {new}" for old, new in names.items() if new in there or values.count(new) > 1]


def main() -> None:
    """Rename below a folder; the present one by default."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    own = Path(__file__).resolve()
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py")) if path.resolve() != own]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in files}
    known = {(path.stem, name) for path, tree in trees.items() for name in defined(tree) if OLD.fullmatch(name)}
    changed, wrong = {}, []
    for path, tree in trees.items():
        names, attributes = renames(path.stem, tree, known)
        wrong += faults(path, tree, names)
        before = path.read_text("utf-8")
        if (after := replaced(before, names, attributes)) != before:
            changed[path] = after
    if wrong:
        sys.exit("These new names are taken; give others in NAMES or OWN_NAMES:\n" + "\n".join(wrong))
    for path, text in changed.items():
        path.write_text(text, "utf-8")
    word = re.compile(rf"(?<!\w){OLD.pattern}(?!\w)")
    left = [f"{path}: {match[0]}" for path in files for match in word.finditer(path.read_text("utf-8"))]
    print(f"{len(changed)} files changed; left: {', '.join(left) or 'none'}")
    print("Now run: ruff check --fix . && ruff format .")


if __name__ == "__main__":
    main()
