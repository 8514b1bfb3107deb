"""Tests of a group of packages that was asked for are not skipped."""

from __future__ import annotations

import pytest
from conftest import of_group


def test_what_is_absent_is_skipped_or_fails(monkeypatch):
    monkeypatch.delenv("VOXDICE_TEST_HOSTS", raising=False)
    with pytest.raises(pytest.skip.Exception):
        of_group("HOSTS", "no_such_host")
    monkeypatch.setenv("VOXDICE_TEST_HOSTS", "require")
    with pytest.raises(ModuleNotFoundError, match="no_such_host"):
        of_group("HOSTS", "no_such_host")
    with pytest.raises(pytest.skip.Exception):
        of_group("CLUSTERS", "no_such_host")
    assert of_group("HOSTS", "os.path").join("a", "b")
