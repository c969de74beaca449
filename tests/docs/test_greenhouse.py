"""The reference of greenhouse files against the code: each key, each crop, and an example that is read."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from starlight.greenhouse import facility
from starlight.greenhouse.crops import crops
from starlight.greenhouse.facility import Facility
from starlight.greenhouse.facility_file import load

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "greenhouse.md").read_text(encoding="utf-8")
SPECS = [kind for name, kind in vars(facility).items() if name.endswith("Spec") and name != "_Spec"]


@pytest.mark.parametrize("kind", SPECS, ids=lambda kind: str(kind.__name__))
def test_each_key_is_told(kind: type[msgspec.Struct]) -> None:
    """Each key of each table has a row."""
    missing = [each.name for each in msgspec.structs.fields(kind) if f"| `{each.name}` |" not in TEXT]
    nested = {each.name for each in msgspec.structs.fields(Facility)} | {"storm"}
    assert set(missing) <= nested


def test_each_table_is_told() -> None:
    """Each table of the file has a heading."""
    tables = {each.name for each in msgspec.structs.fields(Facility)} - {"title", "days"}
    told = {name.strip("[]") for name in re.findall(r"^## `(\[+[a-z.]+\]+)`$", TEXT, re.M)}
    assert tables <= told


def test_each_crop_is_told() -> None:
    """Each crop of the package is named."""
    assert all(f"`{name}`" in TEXT for name in crops())


def test_the_example_is_read(tmp_path: Path) -> None:
    """The example of the page is a file that the command takes."""
    path = tmp_path / "example.toml"
    path.write_text(re.findall(r"```toml\n(.*?)```", TEXT, re.S)[0], encoding="utf-8")
    assert load(path).title == "One person and flowers"
