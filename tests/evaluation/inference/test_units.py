"""What units that are compared must be."""

import numpy as np
import pytest

from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused


@pytest.mark.parametrize(("treated", "code"), [([False, False], "nobody_treated"), ([True, True], "everybody_treated")])
def test_without_two_groups_there_is_no_comparison(treated, code):
    with pytest.raises(Refused) as refused:
        ComparedUnits.of(np.array(treated))
    assert refused.value.note.code == f"refused.{code}"


@pytest.mark.parametrize(
    ("treated", "stratum"), [([True, False, False], [0, 0, 0]), ([True, True, False], [0, 1, 0])], ids=["treatment", "strata"]
)
def test_what_is_assigned_together_is_treated_together_in_one_stratum(treated, stratum):
    with pytest.raises(Refused) as refused:
        ComparedUnits.of(np.array(treated), np.array(stratum), cluster=np.array([0, 0, 1]))
    assert refused.value.note.code == "refused.cluster_divided"


def test_codes_with_gaps_are_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="without gaps"):
        ComparedUnits.of(np.array([True, False]), np.array([0, 2]))


def test_clusters_add_up_their_units():
    units = ComparedUnits.of(np.array([True, False, True, False]), np.array([1, 0, 1, 0]), cluster=np.array([1, 0, 1, 2]))
    assert units.by_cluster(np.array([[1.0], [2.0], [4.0], [8.0]])).ravel().tolist() == [2.0, 5.0, 8.0]
    assert units.cluster_treated.tolist() == [False, True, False]
    assert units.cluster_stratum.tolist() == [0, 1, 0]
    assert units.without_strata().n_strata == 1
