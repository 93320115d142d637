"""What can be saved of reports: breakdowns, comparisons and digests as files, made from what the library keeps.

A request names a paper, a language and a model, or a kind, profile and day; never a file.
"""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from assistant.breakdown.kept import load_breakdown
from assistant.breakdown.record import Breakdown, Comparison
from assistant.breakdown.sources import library_subject
from assistant.config.profiles import Kind
from assistant.digest.ledger import report_of
from assistant.digest.record import Digest
from assistant.llm.prompts import Language
from assistant.report import render as report
from assistant.report.files import file_stem
from index.model.errors import PaperAssistantError
from ui.jobs.report_work import PapersAsked

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from ui.pages.screen import Desk

T = TypeVar("T")

_TYPES = {"md": "text/markdown", "html": "text/html", "json": "application/json", "csv": "text/csv"}


class NoSuchReport(PaperAssistantError):
    """Nothing of that name is kept."""


def report_routes(desk: "Desk") -> "list[Route]":
    """The addresses below /breakdowns, /comparisons and /digests; every one answers 404 for what is not there."""
    from starlette.routing import Route

    def breakdown(request: "Request") -> "Response":
        made = _breakdown(desk, request)
        return _file(request, f"breakdown-{made.subject.paper[:8]}", breakdown_text(made, request.path_params["form"]))

    def comparison(request: "Request") -> "Response":
        made = _comparison(desk, request)
        return _file(request, "comparison", comparison_text(made, request.path_params["form"]))

    def digest(request: "Request") -> "Response":
        made = _digest(desk, request)
        return _file(request, file_stem(made), digest_text(made, request.path_params["form"]))

    return [
        Route("/breakdowns/{paper}.{form}", _answered(breakdown)),
        Route("/comparisons/table.{form}", _answered(comparison)),
        Route("/digests/{kind}/{day}.{form}", _answered(digest)),
    ]


def breakdown_text(made: Breakdown, form: str) -> str:
    """A breakdown as a file of that form: md, html or json."""
    views: dict[str, Callable[[Breakdown], str]] = {
        "md": report.breakdown_markdown,
        "html": report.breakdown_html,
        "json": _json,
    }
    return _view(views, form)(made)


def comparison_text(made: Comparison, form: str) -> str:
    """A comparison as a file of that form: csv, md, html or json."""
    views: dict[str, Callable[[Comparison], str]] = {
        "csv": report.comparison_csv, "md": report.comparison_markdown, "html": report.comparison_html, "json": _json,
    }  # fmt: skip
    return _view(views, form)(made)


def digest_text(made: Digest, form: str) -> str:
    """A digest as a file of that form: md, html or json."""
    views: dict[str, Callable[[Digest], str]] = {
        "md": report.digest_markdown,
        "html": report.digest_html,
        "json": _json,
    }
    return _view(views, form)(made)


def _breakdown(desk: "Desk", request: "Request") -> Breakdown:
    library, asked = desk.bench.library, request.query_params
    record = library.record(request.path_params["paper"])
    subject = library_subject(record, library.paper(record.id))
    made = load_breakdown(library, subject, _language(request), asked.get("model", ""))
    if not made.fields:
        raise NoSuchReport("That breakdown is not kept. Make it in the Breakdown tab.")
    return made


def _comparison(desk: "Desk", request: "Request") -> Comparison:
    asked = request.query_params
    wanted = PapersAsked(tuple(asked.getlist("paper")), _language(request), asked.get("with_model") == "1")
    making = desk.reports.papers.latest(wanted.same)
    if making is None or not isinstance(making.last, Comparison):
        raise NoSuchReport("That comparison is not here any more. Compare the papers again; what was read is kept.")
    return making.last


def _digest(desk: "Desk", request: "Request") -> Digest:
    asked, path = request.query_params, request.path_params
    kind: Kind = "monitor" if path["kind"] == "monitor" else "digest"
    day = date.fromisoformat(path["day"])
    made = report_of(desk.bench.library, kind, asked.get("profile", ""), day, _language(request))
    if made is None:
        raise NoSuchReport("No report of that day is kept. Make it in the Digest tab.")
    return made


def _language(request: "Request") -> Language:
    return "zh" if request.query_params.get("language") == "zh" else "en"


def _json(made: Breakdown | Comparison | Digest) -> str:
    return made.model_dump_json(indent=2) + "\n"


def _view(views: dict[str, Callable[[T], str]], form: str) -> Callable[[T], str]:
    if form not in views:
        raise NoSuchReport(f"A report cannot be saved as {form}. Choose one of {', '.join(views)}.")
    return views[form]


def _file(request: "Request", name: str, text: str) -> "Response":
    from starlette.responses import Response

    form = request.path_params["form"]
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"'}
    mark = "\ufeff" if form == "csv" else ""  # without it spreadsheets take UTF-8 for something else
    data = (mark + text).encode("utf-8", "replace")
    return Response(data, media_type=f"{_TYPES[form]}; charset=utf-8", headers=headers)


def _answered(endpoint: "Callable[[Request], Response]") -> "Callable[[Request], Response]":
    from starlette.responses import PlainTextResponse

    def answered(request: "Request") -> "Response":
        try:
            return endpoint(request)
        except (PaperAssistantError, ValueError) as error:
            return PlainTextResponse(str(error), 404)

    return answered
