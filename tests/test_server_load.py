"""The server stays of use while others misuse it; tests/server_load.py has the long form."""

import pytest
from browser import running
from server_load import loaded, server_of

from ui.web.patience import FILES, MAX_WAITING


@pytest.mark.slow
def test_its_owner_is_answered_beside_a_crowd_half_open_requests_and_a_huge_upload(home):
    with running(home, "127.0.0.1:9", "--no-model") as (_, said):
        entrance = next(word for line in said for word in line.split() if "?token=" in word)
        load = loaded(entrance, seconds=15, clients=10, half_open=MAX_WAITING + 200, megabytes=300)
        assert load.failed == [] and len(load.owner) > 2 and len(load.visitors) >= 10
        assert load.closed >= 200, "more may not wait"
        assert "413" in load.upload
        assert not [path for path in (home / "uploads").rglob("*.pdf") if path.stat().st_size > 200_000_000]
        assert server_of(entrance).num_fds() < FILES / 2
    assert not [line for line in said if "Traceback" in line]
