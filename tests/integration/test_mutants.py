# SPDX-License-Identifier: MIT
"""The deliberate mistakes of tests/mutants can still be made: the text that they change is there. The nightly run makes
them."""

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "mutants"))

# pylint: disable=wrong-import-position
from mutants import MUTANTS, path_of


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.kind)
def test_what_it_changes_is_there(mutant):
    assert path_of(ROOT, mutant)
