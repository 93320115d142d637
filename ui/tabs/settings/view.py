"""Settings and health as HTML: what is running, the checks, the settings in use. Knows no screen library."""

from collections.abc import Sequence

from assistant.doctor import Check
from ui.pages.labels import Labels
from ui.pages.safe_html import escaped
from ui.pages.sentences import retold
from ui.tabs.settings.facts import Facts, SettingFact


def facts_html(words: Labels, facts: Facts) -> str:
    """What is running, one line a part."""
    server = facts.server
    if server.fault:
        ollama = retold(words, server.fault)
    elif server.version is None:
        ollama = words("settings.ollama_silent", url=server.url)
    else:
        ollama = words("settings.ollama_runs", url=server.url, version=server.version)
    model = facts.model or words("settings.model_later")
    if not facts.with_model:
        model = words("chat.chosen_no_model")
    elif facts.model_fault:
        model = retold(words, facts.model_fault)
    index = words("settings.index_pending", count=facts.pending) if facts.pending else words("settings.index_ready")
    rows = {
        "settings.ollama": ollama,
        "settings.model": model,
        "settings.embedder": words("settings.dimensions", embedder=facts.embedder),
        "settings.papers": words(
            "settings.papers_size", papers=facts.papers, passages=facts.passages, size=megabytes(facts.size)
        ),
        "settings.index": words("settings.index_adding") if facts.adding else index,
        "settings.home": str(facts.home),
        "settings.program": facts.program,
    }
    shown = "".join(f'<tr><th scope="row">{escaped(words(key))}</th><td>{escaped(value)}</td></tr>'
                    for key, value in rows.items())  # fmt: skip
    return f'<table class="settings"><tbody>{shown}</tbody></table>'


def checks_html(words: Labels, checks: Sequence[Check], *, done: bool) -> str:
    """The checks so far, each that is not well with what mends it."""
    rows = "".join(_check(words, each) for each in checks)
    if not done:
        told = f'<p class="status" role="status">{escaped(words("settings.checking"))}</p>'
    else:
        bad = sum(not each.well for each in checks)
        said = words("settings.some_bad", count=bad) if bad else words("settings.all_well")
        told = f'<p class="told" role="status">{escaped(said)}</p>'
    return f'<ul class="checks" data-done="{str(done).lower()}">{rows}</ul>{told}'


def settings_html(words: Labels, settings: Sequence[SettingFact]) -> str:
    """The settings with their values and what they are for."""
    heads = "".join(f'<th scope="col">{escaped(words(f"settings.head_{each}"))}</th>' for each in ("name", "value"))
    rows = "".join(
        f'<tr><th scope="row"><code>{escaped(each.name)}</code><small>{escaped(words(f"settings.about_{each.name}"))}'
        f"</small></th><td>{_value(words, each)}</td></tr>"
        for each in settings
    )
    return f'<table class="settings"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def megabytes(size: int) -> str:
    """Bytes as people say them.

    >>> megabytes(986_000_000), megabytes(4_700_000_000)
    ('986 MB', '4.7 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _check(words: Labels, check: Check) -> str:
    mark = words("settings.well" if check.well else "settings.bad")
    name = words(f"settings.check_{check.name.replace(' ', '_')}")
    remedy = ""
    if not check.well and check.remedy:
        command = escaped(retold(words, check.remedy))
        remedy = f'<p class="remedy">{escaped(words("settings.remedy"))} <code>{command}</code></p>'
    return (
        f'<li data-well="{str(check.well).lower()}"><strong class="sign">{escaped(mark)}</strong> '
        f"<b>{escaped(name)}</b> <span>{escaped(retold(words, check.found))}</span>{remedy}</li>"
    )


def _value(words: Labels, setting: SettingFact) -> str:
    shown = f"<code>{escaped(setting.value)}</code>" if setting.value else escaped(words("settings.by_itself"))
    return f'{shown} <span class="tag">{escaped(words("settings.changed"))}</span>' if setting.changed else shown
