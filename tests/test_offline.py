"""Server, model and browser in a network namespace without any route: every tab works, and nothing is asked for.

The tests themselves are in offline_tabs.py; they run in a process of their own, inside of the namespace.
"""

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ENVIRONMENT, ROOT

LONGEST = 580  # seconds; a browser on two cores beside a model at work
# Nothing else: libraries that call home are silent where a variable says that this is a build server.
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "CHROMIUM", "PAPERS_TEST_HOME")


def namespace():
    """The command that runs another one without any network."""
    found = shutil.which("unshare")
    command = [found or "", "--map-root-user", "--net"]
    if not found or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("this machine gives no network namespace (unshare --map-root-user --net)")
    return command


@pytest.mark.slow
def test_every_tab_works_without_any_route(tmp_path, model_folder, chromium):  # else skipped here, not only inside
    result = tmp_path / "result.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}", f"--junitxml={result}"]
    inside = [*namespace(), sys.executable, "-m", "pytest", *options, ROOT / "tests" / "offline_tabs.py"]
    environment = {name: value for name, value in ENVIRONMENT.items() if name in KEPT}
    done = subprocess.run(inside, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    counts = ElementTree.parse(result).find("testsuite").attrib
    assert int(counts["tests"]) >= 5 and counts["skipped"] == "0", done.stdout
