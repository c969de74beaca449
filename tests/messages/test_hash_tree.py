"""Hash trees: the roots that everybody else computes, and paths that prove one leaf and no other."""

from __future__ import annotations

import pytest

from starlight.messages.hash_tree import inclusion_path, leaf_hash, top_of, tree_hash

# The leaves and roots of the reference trees of Certificate Transparency (its project's merkle tree tests).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def leaves(count: int) -> list[bytes]:
    """Return the hashes of the first reference leaves, or of as many others."""
    data = [bytes.fromhex(leaf) for leaf in LEAVES] + [bytes((n,)) * 3 for n in range(60)]
    return [leaf_hash(each) for each in data[:count]]


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(count: int) -> None:
    """The tree hash over the first leaves is the one that the reference implementation publishes."""
    assert tree_hash(leaves(count)).hex() == ROOTS[count - 1]


def test_the_hash_of_no_leaves_is_that_of_nothing() -> None:
    """RFC 9162, 2.1.1: the hash of an empty list is the hash of an empty string."""
    assert tree_hash([]).hex() == EMPTY


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33])
def test_a_path_leads_from_its_leaf_to_the_top(count: int) -> None:
    """Each leaf's path leads to the tree hash, from its own place and from no other."""
    all_leaves = leaves(count)
    top = tree_hash(all_leaves)
    for number, leaf in enumerate(all_leaves):
        path = inclusion_path(all_leaves, number)
        assert len(path) <= (count - 1).bit_length()
        assert top_of(leaf, number, count, path) == top
        for other in {*range(count), count, -1} - {number}:
            assert top_of(leaf, other, count, path) != top


def test_a_path_that_is_changed_leads_elsewhere() -> None:
    """A path that is shorter, longer, or of other hashes proves nothing."""
    all_leaves = leaves(5)
    top, path = tree_hash(all_leaves), inclusion_path(all_leaves, 2)
    for wrong in (path[:-1], (*path, path[0]), path[::-1], (bytes(32), *path[1:])):
        assert top_of(all_leaves[2], 2, 5, wrong) != top
    assert top_of(leaf_hash(b"lie"), 2, 5, path) != top
