"""Random bytes in virtual time."""

from __future__ import annotations

from starlight.sim.entropy import entropy


def test_one_seed_draws_the_same_bytes_and_each_node_its_own() -> None:
    """The same seed and name give the same stream; another seed or name another; a stream never repeats."""
    first, again = entropy(1, "base"), entropy(1, "base")
    drawn = [first(16) for _ in range(3)]
    assert drawn == [again(16) for _ in range(3)]
    assert {len(each) for each in drawn} == {16}
    others = [entropy(2, "base")(16), entropy(1, "seoul")(16)]
    assert len({*drawn, *others}) == 5
