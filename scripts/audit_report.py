"""What pip-audit found, read: `audit_report.py FOUND.json LOG`. 1 for a known fault that is not ignored below."""

import json
import sys
from pathlib import Path

SERVER = "of Chroma's own Python server, which is never started here: the index is embedded"
# Each with its reason; one that is no longer found is said, so that it is taken out.
IGNORED = {
    "CVE-2026-45829": SERVER,
    "GHSA-f4j7-r4q5-qw2c": SERVER,
    "CVE-2026-45833": SERVER,
    "GHSA-36p7-vc44-83pf": SERVER,
    "GHSA-2wm9-hf6c-p5cr": SERVER,
}


def report(found: str, log: str) -> tuple[list[str], bool]:
    """Lines to print, and whether a part has a known fault that is not ignored. `found` is pip-audit's JSON."""
    try:
        parts = json.loads(found)["dependencies"]
    except (ValueError, KeyError):
        reason = next((line for line in reversed(log.splitlines()) if line.strip()), "no answer")
        return [f"Nothing was checked: the advisory service could not be reached ({reason})."], False
    unchecked = [part["name"] for part in parts if "skip_reason" in part]
    checked = len(parts) - len(unchecked)
    if not checked:
        return [f"Nothing was checked: the advisory service knows none of {len(parts)} parts from here."], False
    lines, bad, seen = [f"{checked} of {len(parts)} parts were checked."], False, set()
    if unchecked:
        lines.append(f"Not checked: {', '.join(unchecked)}.")
    for part in parts:
        for fault in part.get("vulns", ()):
            names = {fault["id"], *fault.get("aliases", ())}
            reason = next((IGNORED[name] for name in sorted(names & set(IGNORED))), "")
            seen |= names
            bad = bad or not reason
            fixed = ", ".join(fault.get("fix_versions", ())) or "no release"
            what = f"ignored, {reason}" if reason else f"fixed in {fixed}"
            lines.append(f"{part['name']} {part['version']}: {fault['id']} ({what})")
    idle = sorted(set(IGNORED) - seen) if not seen & set(IGNORED) else []
    return lines + [f"Ignored, and not found any more: {name}. Take it out." for name in idle], bad


if __name__ == "__main__":
    texts = [Path(name).read_text("utf-8") if Path(name).exists() else "" for name in sys.argv[1:3]]
    said, failed = report(*texts)
    print(*said, sep="\n")
    sys.exit(failed)
