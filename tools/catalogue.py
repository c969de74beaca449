"""Take the texts for people out of the code into the catalogues of the other languages.

``make texts`` finds them all and writes each ``words/locale/LL/LC_MESSAGES/starlight.po`` anew: translations
stay, what is new is empty, what is gone is dropped. The result depends on the code alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

SOURCE = Path(__file__).parents[1] / "src" / "starlight"
LOCALES = SOURCE / "words" / "locale"

Text = str | tuple[str, str]
"""A text, or one and several."""


def all_texts() -> dict[Text, list[str]]:
    """Return all texts for people in the code, each with the files that have it."""
    found: dict[Text, list[str]] = {}
    sources = [*sorted((SOURCE / "words").glob("*.py")), *sorted((SOURCE / "web").glob("*.py"))]
    for path in sources:
        if path.name == "language.py":
            continue  # It holds tags of languages, and no texts.
        _put(
            found, path, python_texts(path.read_text(encoding="utf-8"), in_words=path.parent.name == "words")
        )
    for path in sorted((SOURCE / "web" / "templates").glob("*.html")):
        _put(found, path, template_texts(path.read_text(encoding="utf-8")))
    for path in sorted((SOURCE / "web" / "static").glob("*.js")):
        _put(found, path, script_texts(path.read_bytes()))
    return found


def python_texts(code: str, *, in_words: bool) -> Iterator[Text]:
    """Yield the texts of a module: what `_`, `ngettext` and `fill` are given, and titles of views.

    In `words/` also what constants in capitals hold, which are its templates.
    """
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = [_literal(each) for each in node.args]
            if node.func.id in ("_", "fill") and given and given[0]:
                yield given[0]
            elif node.func.id == "ngettext" and given[0] and given[1]:
                yield given[0], given[1]
            elif node.func.id == "View" and given[1]:
                yield given[1]
    if in_words:
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if _is_template(target):
                    yield from (
                        each
                        for each in _held(node.value)
                        if " " in each or each[0].isupper() or len(each) > 2
                    )


def template_texts(source: str) -> Iterator[Text]:
    """Yield the texts that a template marks."""
    for _line, function, text in extract_from_ast(Environment().parse(source), ("_", "ngettext")):
        if function == "_":
            first = text[0] if isinstance(text, tuple) else text
            if first:
                yield first
        elif isinstance(text, tuple) and text[0] and text[1]:
            yield text[0], text[1]


def script_texts(code: bytes) -> Iterator[Text]:
    """Yield the texts that a script of the page marks with `t`."""
    for _line, _name, text, _comments in extract_javascript(BytesIO(code), {"t": None}, [], {}):
        first = text if isinstance(text, str) else text[0]
        # A template literal inside the values is no text of ours.
        if "${" not in first:
            yield first


def catalogue(tag: str) -> Catalog:
    """Return the catalogue of a language as it is to be: with all texts of the code, and no others."""
    place = LOCALES / tag / "LC_MESSAGES" / "starlight.po"
    before = read_po(BytesIO(place.read_bytes()), locale=tag) if place.exists() else Catalog(locale=tag)
    fresh = Catalog(
        locale=tag, project="Starlight", header_comment="# Texts of Starlight. English is the key."
    )
    texts = all_texts()
    for text, places in sorted(texts.items(), key=lambda each: (each[1][0], str(each[0]))):
        # Without line numbers, so that a catalogue changes with its texts alone.
        lines: list[Any] = [(each, None) for each in places]
        known = before.get(text if isinstance(text, str) else text[0])
        fresh.add(text, known.string if known else None, locations=lines)
    return fresh


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as the bytes of its file."""
    out = BytesIO()
    write_po(out, catalogue, width=110, omit_header=True)
    head = f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale_identifier}\\n"\n'
    head += '"Content-Type: text/plain; charset=utf-8\\n"\n'
    head += f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    return head.encode() + out.getvalue()


def main() -> None:
    """Write each catalogue anew."""
    for folder in sorted(LOCALES.iterdir()):
        place = folder / "LC_MESSAGES" / "starlight.po"
        place.write_bytes(written(catalogue(folder.name)))


def _put(found: dict[Text, list[str]], path: Path, texts: Iterator[Text]) -> None:
    name = path.relative_to(SOURCE).as_posix()
    for text in texts:
        places = found.setdefault(text, [])
        if name not in places:
            places.append(name)


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_template(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple):
        return all(_is_template(each) for each in target.elts)
    return isinstance(target, ast.Name) and target.id.isupper() and not target.id.startswith("_")


def _held(value: ast.expr) -> Iterator[str]:
    """Yield the texts of a constant: of a dictionary its values, of a call nothing, as that is no text."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        if any(each.isalpha() for each in re.sub(r"\{[^}]*\}", "", value.value)):
            yield value.value
    elif isinstance(value, ast.Dict):
        for each in value.values:
            yield from _held(each)
    elif isinstance(value, ast.Tuple | ast.List):
        for each in value.elts:
            yield from _held(each)


if __name__ == "__main__":
    main()
