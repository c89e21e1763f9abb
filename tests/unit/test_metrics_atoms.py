"""The values beside the atoms of a column, held to scipy on these values alone."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from driftloop.metrics.atoms import without_atoms
from driftloop.metrics.ks import ks
from tests.narrowing import not_none
from tests.unit.test_metrics_tails import pair

RANDOM = np.random.default_rng(4)


def amounts(count, zeros, factor=1.0, other=0.0):
    values = factor * RANDOM.lognormal(4, 1, count)
    return np.where(RANDOM.random(count) < zeros, other, values)


@pytest.mark.parametrize("atom", [0.0, 50.0, -1.0])
def test_the_distance_is_that_of_the_other_values(atom):
    reference, current = amounts(4000, 0.9, other=atom), amounts(2000, 0.95, 1.5, other=atom)
    found = not_none(without_atoms(pair(current, reference)))
    assert found.atoms == (atom,)
    expected = ks_2samp(reference[reference != atom], current[current != atom])
    assert ks(found.cdfs) == pytest.approx(expected.statistic, abs=1e-9)
    assert found.cdfs.reference_count == np.count_nonzero(reference != atom)
    assert found.cdfs.current_count == np.count_nonzero(current != atom)


def test_the_medians_are_those_of_the_other_values():
    reference, current = amounts(3001, 0.9), amounts(3001, 0.9, 2)
    found = not_none(without_atoms(pair(current, reference)))
    for side, median in zip((reference, current), found.medians, strict=True):
        others = side[side > 0]
        assert median == pytest.approx(np.median(others), rel=0.1)


def test_two_atoms_are_both_left_away():
    reference = np.concatenate([np.zeros(1000), np.full(800, 9.0), RANDOM.normal(20, 1, 700)])
    found = not_none(without_atoms(pair(reference[::2], reference)))
    assert found.atoms == (0, 9)
    assert found.cdfs.reference_count == 700


def test_a_column_without_an_atom_or_without_other_values_has_none():
    assert without_atoms(pair(RANDOM.normal(size=500), RANDOM.normal(size=500))) is None
    assert without_atoms(pair(np.zeros(500), amounts(4000, 0.95))) is None
