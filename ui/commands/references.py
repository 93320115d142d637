"""The commands `papers export`, `papers import` and `papers vault`: references out and in again, and notes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands.options import Json, OnlyPaper, opened, print_json

if TYPE_CHECKING:
    from assistant.chat.conversation import Conversation
    from assistant.context import AppContext
    from assistant.references.bibliography import Form
    from assistant.references.matching import Matched
    from assistant.references.reference import Reference
    from index.model.records import PaperRecord

MAX_ANSWER = 32 << 20  # characters

Tag = Annotated[list[str] | None, typer.Option("--tag", "-t", help="Only papers with this tag; may be repeated.")]
Talk = Annotated[str | None, typer.Option("--conversation", help="What a conversation cites: its id, title, or last.")]
Answer = Annotated[
    Path | None, typer.Option(help="What an answer cites, from a file of papers ask --json; - is stdin.")
]
Report = Annotated[str | None, typer.Option("--digest", help="The papers of the newest report of a profile, or last.")]
BibTeX = Annotated[bool, typer.Option("--bibtex", help="As BibTeX: the default.")]
Ris = Annotated[bool, typer.Option("--ris", help="As RIS, for EndNote, Mendeley and Zotero.")]
Csl = Annotated[bool, typer.Option("--csl", help="As CSL-JSON, for Zotero and pandoc.")]
Style = Annotated[str | None, typer.Option(help="Formatted in a citation style: apa, ieee, nature …, or a .csl file.")]
Key = Annotated[
    str | None,
    typer.Option(help="Template of the citation keys: %a author, %y year, %t title word, %i arXiv id or DOI."),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The file to write, in place of stdout.")]
RefsFile = Annotated[Path, typer.Argument(metavar="FILE", help="A .bib, .ris or CSL .json file.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command("export")(export_references)
    cli.command("import")(import_references)
    cli.command()(vault)


def export_references(
    context: typer.Context,
    paper: OnlyPaper = None,
    tag: Tag = None,
    conversation: Talk = None,
    answer: Answer = None,
    digest: Report = None,
    bibtex: BibTeX = False,
    ris: Ris = False,
    csl: Csl = False,
    style: Style = None,
    key: Key = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Writes references for your manuscript: of all papers, of some, or of what an answer or a digest names.

    Example: `papers export --tag thesis --out thesis.bib`, `papers export --paper 1706.03762 --style apa`
    """
    from assistant.references.bibliography import bibliography
    from assistant.references.csl import csl_items
    from assistant.references.keys import citation_keys
    from ui.commands.terminal import deliver

    form = _form(bibtex, ris, csl, style)
    if sum(each is not None for each in (paper or tag or None, conversation, answer, digest)) > 1:
        raise typer.BadParameter("choose papers, a conversation, an answer or a digest", param_hint="--conversation")
    with opened(context) as app:
        if digest is not None:
            references = _announced(app, digest)
        else:
            references = _of_papers(app, _chosen(app, paper, tag, conversation, answer))
    text = bibliography(references, form, template=key, style=style or "")
    if json_:
        items = csl_items(references, citation_keys(references, key))
        print_json({"form": form, "references": items, "text": text})
    if out is not None or not json_:
        deliver(text, out)


def import_references(context: typer.Context, file: RefsFile, json_: Json = False) -> None:
    """Takes what your bibliography knows of papers that are here (DOI, venue, citation key); lists those that are not.

    Run it again at any time. Example: `papers import thesis.bib`
    """
    from assistant.references.matching import attach_references
    from assistant.references.reading import read_references
    from ui.commands.terminal import out, plain

    with opened(context) as app:
        found = attach_references(app.library, read_references(file.expanduser()))
    counts: dict[str, int] = {}
    for match in found:
        counts[match.fate.value] = counts.get(match.fate.value, 0) + 1
    if json_:
        print_json({"counts": counts, "references": [_match_json(match) for match in found]})
        return
    for match in found:
        out.print(plain(_match_line(match)))
    out.print(plain(", ".join(f"{count} {fate}" for fate, count in counts.items()) or "The file holds no reference."))


def vault(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder, such as one of an Obsidian vault.")],
    paper: OnlyPaper = None,
    tag: Tag = None,
    json_: Json = False,
) -> None:
    """Keeps a note for each paper, conversation and report in a folder; what you write in a note stays.

    Run it again at any time. Example: `papers vault ~/notes/papers`
    """
    from assistant.vault.vault import write_vault
    from ui.commands.terminal import out, plain

    with opened(context) as app:
        notes = list(write_vault(app.library, folder.expanduser().absolute(), _chosen(app, paper, tag, None, None)))
    counts: dict[str, int] = {}
    for note in notes:
        counts[note.fate.value] = counts.get(note.fate.value, 0) + 1
    if json_:
        print_json({"counts": counts, "notes": [{"file": str(note.file), "fate": note.fate.value} for note in notes]})
        return
    for note in notes:
        if note.fate.value == "kept":
            out.print(plain(f"kept as it is, since our part of it was changed: {note.file}"))
    out.print(plain(", ".join(f"{count} {fate}" for fate, count in counts.items()) or "There is nothing to note."))


def _form(bibtex: bool, ris: bool, csl: bool, style: str | None) -> "Form":
    given: dict[Form, bool] = {"bibtex": bibtex, "ris": ris, "csl": csl, "style": style is not None}
    forms = [form for form, chosen in given.items() if chosen]
    if len(forms) > 1:
        raise typer.BadParameter("give one of --bibtex, --ris, --csl and --style", param_hint=f"--{forms[1]}")
    return forms[0] if forms else "bibtex"


def _chosen(
    app: "AppContext", names: list[str] | None, tags: list[str] | None, talk: str | None, answer: Path | None
) -> "list[PaperRecord]":
    from index.store.tags import papers_tagged

    if talk is not None:
        return _cited(app, [turn.kept for turn in _conversation(app, talk).turns])
    if answer is not None:
        return _cited(app, [_answer(answer)])
    if not names and not tags:
        return app.library.papers()
    chosen = {app.library.find(name).id for name in names or ()}
    chosen |= {paper for tag in tags or () for paper in papers_tagged(app.library, tag)}
    return [record for record in app.library.papers() if record.id in chosen]


def _of_papers(app: "AppContext", records: "Sequence[PaperRecord]") -> "list[Reference]":
    from assistant.references.sources import references_of

    return references_of(app.library, records)


def _cited(app: "AppContext", answers: Sequence[object]) -> "list[PaperRecord]":
    from assistant.references.bibliography import cited_papers

    records = app.records()
    papers = dict.fromkeys(paper for answer in answers for paper in cited_papers(answer))
    return [records[paper] for paper in papers if paper in records]


def _conversation(app: "AppContext", name: str) -> "Conversation":
    from assistant.chat.conversation import ConversationNotFound, conversations, load

    talks = conversations(app.library)
    wanted = name.casefold()
    found = [talk for talk in talks if talk.id == name or wanted in talk.title.casefold()]
    if name == "last":
        found = talks[:1]
    if not found:
        raise ConversationNotFound(f"No conversation goes by “{name[:60]}”. See them in the browser: papers serve")
    return load(app.library, found[0].id)


def _answer(file: Path) -> object:
    from assistant.references.reading import BadReferences
    from index.files.regular_file import read_regular

    try:
        text = sys.stdin.read(MAX_ANSWER) if str(file) == "-" else read_regular(file.expanduser(), MAX_ANSWER).decode()
        return json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BadReferences(f"{file} is no answer. Write one with: papers ask QUESTION --json > answer.json") from error


def _announced(app: "AppContext", profile: str) -> "list[Reference]":
    from assistant.digest.ledger import newest_reports
    from assistant.references.reading import BadReferences
    from assistant.references.sources import arxiv_reference

    for report in newest_reports(app.library, 1000):
        if profile in ("last", report.profile):
            return [arxiv_reference(card.arxiv_id, card.title, card.authors) for card in report.cards]
    raise BadReferences(
        f"There is no report of the profile “{profile[:60]}”. Make one with: papers digest {profile[:60]}"
    )


def _match_json(match: "Matched") -> dict[str, Any]:
    reference = match.reference
    return {
        "fate": match.fate.value,
        "by": match.by,
        "paper": match.paper.id if match.paper else None,
        "key": reference.key,
        "title": reference.title,
        "doi": reference.doi,
        "arxiv_id": reference.arxiv_id,
    }


def _match_line(match: "Matched") -> str:
    reference = match.reference
    name = reference.title or reference.doi or reference.arxiv_id
    if match.paper:
        return f"{match.fate.value}: {match.paper.id}  {match.paper.title} (by {match.by})"
    where = f"arXiv:{reference.arxiv_id}" if reference.arxiv_id else reference.doi
    return f"{match.fate.value}: {name}" + (f" ({where})" if where and where != name else "")
