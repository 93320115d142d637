"""`scripts/audit`: a known fault fails, an ignored one has its reason, and an audit that saw nothing says so."""

import importlib.util
import json

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit_report", ROOT / "scripts" / "audit_report.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(*parts):
    return json.dumps({"dependencies": list(parts)})


CLEAN = {"name": "typer", "version": "0.16", "vulns": []}
UNKNOWN = {"name": "numpy", "skip_reason": "Dependency not found on PyPI and could not be audited"}
FAULT = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["9.9"]}
SERVER = {"id": "PYSEC-2026-9", "aliases": ["CVE-2026-45829"], "fix_versions": []}


def test_a_known_fault_fails_and_names_the_release_that_mends_it(audit):
    lines, bad = audit.report(found(CLEAN, CLEAN | {"name": "x", "vulns": [FAULT]}), "")
    assert bad and "x 0.16: PYSEC-2026-1 (fixed in 9.9)" in lines and "2 of 2 parts were checked." in lines


def test_an_ignored_fault_passes_with_its_reason_whatever_name_it_has(audit):
    lines, bad = audit.report(found(CLEAN | {"vulns": [SERVER]}), "")
    assert not bad and any("never started here" in line for line in lines)
    assert not audit.report(found(CLEAN), "")[1] and "Take it out" in audit.report(found(CLEAN), "")[0][-1]


@pytest.mark.parametrize("answer", ["", "<html>", "{}", found(UNKNOWN, UNKNOWN)])
def test_an_audit_that_saw_nothing_says_so_and_is_no_failure(audit, answer):
    """pip-audit ends with 0 where every part was skipped: it looked as if all were well."""
    lines, bad = audit.report(answer, "Traceback\nConnectionError: no route\n")
    assert not bad and lines[0].startswith("Nothing was checked") and len(lines) == 1


def test_what_was_not_checked_is_named(audit):
    lines, bad = audit.report(found(CLEAN, UNKNOWN), "")
    assert not bad and "1 of 2 parts were checked." in lines and "Not checked: numpy." in lines


def test_each_ignored_fault_has_a_reason(audit):
    assert all(len(reason.split()) > 3 for reason in audit.IGNORED.values())
