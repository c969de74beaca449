"""What documents point at is there: pages, headings, files of the project, modules, targets of make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.documents import PAGES, ROOT, quotes, sections, text_of

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
HISTORY = {"CHANGELOG.md"}
"""Pages that tell of what was, too."""
FOLDERS = ("src/", "docs/", "tests/", "fuzz/", "benchmarks/", ".ci/")


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()).strip() for title in sections(text_of(path)))
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path) -> None:
    """A link names a file that is there, and behind # a heading that it has."""
    for link in LINK.findall(text_of(page)):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.relative_to(ROOT)}: there is no {file}"
        if anchor and target.suffix == ".md":
            near = ", ".join(sorted(anchors(target)))
            told = f"{page.relative_to(ROOT)}: {link}: {target.name} has no such heading, but {near}"
            assert anchor in anchors(target), told


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in HISTORY], ids=lambda page: str(page.relative_to(ROOT))
)
def test_each_file_that_is_quoted_is_there(page: Path) -> None:
    """A path of the project that stands in backticks names a file or folder, and `starlight.x.y` a module."""
    for quoted in quotes(text_of(page)):
        if quoted.startswith(FOLDERS) and re.fullmatch(r"[\w./-]+", quoted):
            assert (ROOT / quoted).exists(), f"{page.relative_to(ROOT)}: there is no {quoted}"
        for module in re.findall(r"(?<![\w-])starlight(?:\.[a-z_]+)+", quoted) if "(" not in quoted else []:
            parts = module.split(".")
            path = ROOT / "src" / Path(*parts)
            # The last word may be a name in a module.
            known = (
                path.is_dir() or path.with_suffix(".py").exists() or path.parent.with_suffix(".py").exists()
            )
            assert known, f"{page.relative_to(ROOT)}: there is no module {module}"


def test_each_target_of_make_is_there() -> None:
    """Each `make TARGET` that a page quotes is in the Makefile."""
    targets = re.search(r"^\.PHONY: (.*)$", text_of(ROOT / "Makefile"), re.MULTILINE)
    assert targets
    for page in PAGES:
        for quoted in quotes(text_of(page)):
            for target in re.findall(r"^make ([a-z]+)", quoted):
                assert target in targets[1].split(), f"{page.relative_to(ROOT)}: there is no `make {target}`"
