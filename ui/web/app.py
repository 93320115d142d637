"""The browser front end: one server for one library, a page in each language, and the guard before all of it.

To add a tab: write `build_<name>_tab(screen)` in ui/tabs/<name>/tab.py, its words into ui/pages/labels/<name>.toml, and
name it in `TABS`. The tab opens `with gr.Tab(screen.words("<name>.tab"), id=<ID of ui/pages/screen.py>)` and takes all
it needs from `screen`. A chip (ui/pages/render.py) opens the source panel in any tab.
"""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it would ask its makers' servers

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from index.reading.worker import PdfReader
from ui.jobs.chat_jobs import ChatJobs
from ui.jobs.ingest_jobs import IngestJobs
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import JobQueue
from ui.jobs.report_work import ReportJobs
from ui.pages.labels import LANGUAGES, Labels, Language
from ui.pages.paper_pages import paper_routes
from ui.pages.render import panel_html
from ui.pages.report_pages import report_routes
from ui.pages.safe_html import escaped
from ui.pages.screen import CHAT, Screen, SharedState
from ui.tabs.breakdown.tab import build_breakdown_tab
from ui.tabs.chat.tab import build_chat_tab
from ui.tabs.digest.tab import build_digest_tab
from ui.tabs.library.tab import build_library_tab
from ui.tabs.settings.tab import build_settings_tab
from ui.web.access import AccessRules
from ui.web.security import Guard

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.context import AppContext

TABS: tuple[Callable[[Screen], object], ...] = (
    build_chat_tab,
    build_library_tab,
    build_breakdown_tab,
    build_digest_tab,
    build_settings_tab,
)

OWN_FILES = ("app.css", "app.js")  # beside this module, served below /own
# All addresses are relative to /en/ or /zh/: a proxy may offer the pages below a path of its own.
HEAD = '<link rel="stylesheet" href="../own/app.css"><script defer src="../own/app.js"></script>'
COOKIE = "papers_language"
AT_ONCE = 16  # events of one kind that are handled at the same time; the model has its own queue
MAX_SESSIONS = 250  # pages that are remembered, 0.3 MB each; the oldest begins with its tab's first state again
UPLOAD_FILES = 20  # of the largest size, in one request


def open_shared(context: "AppContext", *, with_model: bool = True, local: bool = False) -> SharedState:
    """Open what all pages share; `local` if only this machine reaches them.

    Opens the library and its index now, so that a fault is said before a page is.
    """
    context.searcher  # noqa: B018  # opened in one thread, before many use it
    queue, models = JobQueue(), ModelInUse(context, with_model=with_model)
    talks, reports = ChatJobs(context, queue, models), ReportJobs(context, queue, models)
    ingest = IngestJobs(context, busy=lambda: bool(queue.names()))
    ingest.resume()  # what a job that was stopped has left without vectors
    return SharedState(context, queue, models, talks, ingest, reports, local)


def build_page(shared: SharedState, language: Language) -> gr.Blocks:
    """All tabs in one language. No handler of it is an API for others."""
    words = Labels(language)
    page: gr.Blocks
    with gr.Blocks(title=words("app.title"), analytics_enabled=False, fill_width=True) as page:
        gr.HTML(_header(words), js_on_load=None, apply_default_css=False, elem_id="masthead")
        chosen, subjects = gr.State([]), gr.State([])
        with gr.Tabs(selected=CHAT, elem_id="tabs") as tabs:
            screen = Screen(shared, words, page, tabs, chosen, subjects)
            for build in TABS:
                build(screen)
        gr.HTML(panel_html(words), js_on_load=None, apply_default_css=False, elem_id="source-holder")
    for handler in page.fns.values():
        handler.api_visibility = "private"
    page.queue(default_concurrency_limit=AT_ONCE)
    page.state_session_capacity = MAX_SESSIONS
    page.has_launched = True  # Gradio's own check of files is off until then, and mounting a page never sets it
    return page


def build_app(shared: SharedState, rules: AccessRules, uploads: Path) -> "FastAPI":
    """The whole server as an ASGI application: a page for each language, the papers' pages, the guard."""
    from fastapi import FastAPI
    from starlette.routing import Route

    largest, drawer = shared.context.settings.pdf_megabytes << 20, shared.context.drawer()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_closing(shared, drawer))
    app.routes.extend(
        [
            Route("/", _to_language),
            Route("/language/{language}", _set_language),
            Route("/own/{name}", _own_file),
            Route("/favicon.ico", _own_icon),
            *paper_routes(shared.context.library, drawer),
            *report_routes(shared),
        ]
    )
    for language in LANGUAGES:
        gr.mount_gradio_app(
            app, build_page(shared, language), path=f"/{language}", footer_links=[], run_history=False,
            max_file_size=largest, show_error=True, enable_monitoring=False, pwa=False, ssr_mode=False,
            mcp_server=False, theme=_theme(), head=HEAD, server_name=rules.host,
        )  # fmt: skip
    app.add_middleware(Guard, rules=rules, largest_upload=largest * UPLOAD_FILES, uploads=uploads)
    return app


def _closing(shared: SharedState, drawer: PdfReader) -> "Callable[[FastAPI], AbstractAsyncContextManager[None]]":
    @asynccontextmanager
    async def lifespan(app: "FastAPI") -> AsyncIterator[None]:
        drawer.start()
        yield
        drawer.close()  # first: a page that is being drawn holds the end up
        shared.ingest.close()
        shared.reports.close()
        shared.queue.close()

    return lifespan


def _theme() -> gr.themes.Base:
    """Return a theme with fonts of the user's machine: nothing is loaded for them."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="slate",
        font=["system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(  # white on these has a contrast of 4.5 and more
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
    )


def _header(words: Labels) -> str:
    other = "zh" if words.language == "en" else "en"
    theme = escaped(words("app.theme"))
    return (
        f'<header id="top" lang="{words.language}"><div><h1>{escaped(words("app.title"))}</h1>'
        f"<p>{escaped(words('app.subtitle'))}</p></div>"
        f'<nav><button type="button" id="theme" title="{theme}" aria-label="{theme}">◐</button>'
        f'<a id="language-link" href="../language/{other}" hreflang="{other}" lang="{other}">'
        f"{escaped(words('app.other_language'))}</a></nav></header>"
    )


async def _to_language(request: "Request") -> "Response":
    from starlette.responses import RedirectResponse

    wanted = request.cookies.get(COOKIE) or request.headers.get("accept-language", "")
    language = "zh" if wanted.lower().startswith("zh") else "en"
    return RedirectResponse(f"{request.scope['root_path']}/{language}/", 307)


async def _set_language(request: "Request") -> "Response":
    from starlette.responses import RedirectResponse

    language = "zh" if request.path_params["language"] == "zh" else "en"
    response = RedirectResponse(f"{request.scope['root_path']}/{language}/", 303)
    response.set_cookie(COOKIE, language, max_age=31_536_000, samesite="strict", httponly=True)
    return response


async def _own_file(request: "Request") -> "Response":
    from starlette.responses import FileResponse, PlainTextResponse

    name = request.path_params["name"]
    if name not in OWN_FILES:
        return PlainTextResponse("There is nothing here.", 404)
    return FileResponse(Path(__file__).parent / name, headers={"cache-control": "no-cache"})


async def _own_icon(request: "Request") -> "Response":
    from starlette.responses import Response

    return Response(status_code=204)
