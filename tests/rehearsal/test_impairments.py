"""Rehearsals over other links than space hops, and over a medium that loses, doubles and delays messages."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest
from tests.rehearsal.test_promises import THREE, rehearsed, told, village

from starlight.medium.impairments import Impairments

__all__ = ["told"]

MANY = village(*((f"{hour:02}:00:00", "ada@hill", f"letter {hour}") for hour in range(24)))


def test_over_space_hops_an_impaired_medium_loses_no_letter(
    told: Callable[..., tuple[int, str, str]],
) -> None:
    """What was lost on the way is sent again; what came twice is shown once; every promise is disturbed."""
    options = ("--loss", "0.2", "--duplication", "0.2", "--reordering", "0.2", "--json")
    status, out, _ = told(MANY, *options, "--until", "2030-01-03")
    report = json.loads(out)
    assert (status, report["errors"]) == (0, [])
    assert (report["sent"], report["arrived"], report["shown_twice"]) == (24, 24, 0)
    assert report["undisturbed"]["bundles"] == report["competing"]["bundles"] == 0
    assert report["disturbed"]["letters"] == 24
    assert report["links"] == "space"
    assert report["impairments"] == {"loss": 0.2, "duplication": 0.2, "reordering": 0.2}


def test_the_seed_draws_what_is_impaired(told: Callable[..., tuple[int, str, str]]) -> None:
    """The same options give the same digest; another seed, or a medium that fails nobody, another one."""
    digests = [
        json.loads(told(THREE, "--json", *options)[1])["digest"]
        for options in (
            ("--loss", "0.5"),
            ("--loss", "0.5"),
            ("--loss", "0.5", "--seed", "2"),
            ("--loss", "0"),
        )
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_over_udpcl_promises_are_kept_and_what_is_lost_is_told(
    told: Callable[..., tuple[int, str, str]],
) -> None:
    """A medium that fails nobody keeps every promise; one that loses a bundle for good is found out."""
    status, out, _ = told(THREE, "--links", "udpcl")
    assert status == 0
    assert "links                           udpcl, nothing impaired" in out
    status, out, err = told(THREE, "--links", "udpcl", "--loss", "1")
    assert status == 1
    assert "links                           udpcl, loss 1" in out
    assert "is lost: no store holds it" in out
    assert "errors in the rehearsal" in err


def test_nothing_is_impaired_unless_asked_for() -> None:
    """By default links are space hops over a medium that delivers what leaves, and promises are judged."""
    report = rehearsed(THREE)
    assert (report.links, report.impairments) == ("space", {})
    assert report.disturbed.bundles == 0


@pytest.mark.parametrize("name", ["loss", "duplication", "reordering"])
@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_a_likelihood_is_from_0_to_1(name: str, chance: float) -> None:
    """Impairments that no draw could mean are not made."""
    with pytest.raises(ValueError, match=f"{name} is from 0 to 1"):
        msgspec.convert({"seed": 1, name: chance}, Impairments)
