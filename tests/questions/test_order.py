"""The order in which structures and pairs are tried."""

from __future__ import annotations

import numpy as np

from medspatial.anatomy import load_label_map, swap_side
from medspatial.questions.order import Order, tier

NAMES = [name for name in load_label_map("totalsegmentator_v2").labels.values() if tier(name) < 9]


def never(a, b):
    return False


def test_tiers():
    assert [tier(n) for n in ("liver", "nodule#3", "aorta", "vertebrae_L1", "hip_left", "rib_left_3")] == [
        0, 0, 1, 2, 3, 4,
    ]  # fmt: skip
    assert tier("my_widget") == 9


def test_every_pair_comes_once_and_organs_come_first():
    order = Order("case", mirrored=False)
    pairs = list(order.pairs(NAMES, "salt", apart=never))
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == len(NAMES) * (len(NAMES) - 1) // 2
    sums = [min(tier(a), 4) + min(tier(b), 4) for a, b in pairs]
    assert sums == sorted(sums)


def test_pairs_depend_on_the_case_and_the_salt_but_not_on_the_order_of_names():
    plain = list(Order("case", mirrored=False).pairs(NAMES, "salt", apart=never))
    assert list(Order("case", mirrored=False).pairs(NAMES[::-1], "salt", apart=never)) == plain
    assert list(Order("case", mirrored=False).pairs(NAMES, "other", apart=never)) != plain
    assert list(Order("another", mirrored=False).pairs(NAMES, "salt", apart=never)) != plain


def test_which_stands_first_is_even():
    pairs = list(Order("case", mirrored=False).pairs(NAMES, "salt", apart=never))
    share = np.mean([a < b for a, b in pairs])
    assert 0.4 < share < 0.6


def test_a_mirrored_case_gets_the_same_pairs_under_exchanged_names():
    plain = list(Order("case", mirrored=False).pairs(NAMES, "salt", apart=never))
    turned = Order("case", mirrored=True).pairs([swap_side(name) for name in NAMES], "salt", apart=never)
    assert [(swap_side(a), swap_side(b)) for a, b in turned] == plain


def test_ranks_come_before_tiers_and_pairs_that_hold_one_another_are_left_out():
    order = Order("case", mirrored=False)
    names = ["liver", "spleen", "hip_left", "rib_left_3"]

    def rank(chosen):
        bones = np.array([tier(name) > 1 for name in chosen])
        return (~(bones[:, None] & bones[None])).astype(int)

    first, *others = order.pairs(names, "x", apart=lambda a, b: {a, b} == {"liver", "spleen"}, rank=rank)
    assert set(first) == {"hip_left", "rib_left_3"}
    assert len(others) == 4
    assert list(order.pairs(["liver"], "x", apart=never)) == []


def test_canonical_names_keep_the_number_of_a_lesion():
    order = Order("case", mirrored=True)
    assert order.canonical("kidney_cyst_left#2") == "kidney_cyst_right#2"
    assert order.draw("kidney_left") == Order("case", mirrored=False).draw("kidney_right")
