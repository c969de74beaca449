"""Errors of a file of TOML or JSON, with the key, the value and what is allowed."""

from __future__ import annotations

import msgspec

from starlight.errors import InputError


def named_error(error: msgspec.ValidationError, tree: object, where: str, kind: type) -> InputError:
    """Return an error that names the key of the file, and the value that stands there.

    Args:
        error: that a conversion into `kind` raised.
        tree: what was converted.
        where: what the message calls the file.
    """
    # msgspec writes the path behind the message: ... - at `$.node[0].name`
    message, _, path = str(error).partition(" - at `")
    message = message.replace("Object contains unknown field", "there is no key")
    path = path.rstrip("`").removeprefix("$").lstrip(".")
    parts = path.replace("[", ".[").split(".")
    value = tree
    # Walk to the value that is wrong; a key that is missing has none, and the walk ends above it.
    for part in parts:
        try:
            if part.startswith("["):
                value = value[int(part[1:-1])]  # type: ignore[index]  # the walk ends at what does not fit
            elif part:
                value = value[part]  # type: ignore[index]  # likewise
        except (KeyError, IndexError, TypeError, ValueError):
            break
    shown = f" = {value!r}" if not isinstance(value, dict | list) else ""
    # msgspec names the wrong value but not those that are right, so the type is asked for them.
    allowed = _allowed(msgspec.inspect.type_info(kind), parts) if message.startswith("Invalid enum") else []
    right = f"Allowed: {', '.join(allowed)}" if allowed else ""
    return InputError(f"{path or 'the file'}{shown}: {message}", where=where, right=right)


def _allowed(kind: msgspec.inspect.Type, parts: list[str]) -> list[str]:
    """Return the values of the literal type that a path leads to; empty where it leads to none."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return next((found for each in kind.types if (found := _allowed(each, parts))), [])
    if isinstance(kind, msgspec.inspect.LiteralType) and not parts:
        return [str(value) for value in kind.values]
    if isinstance(kind, msgspec.inspect.ListType) and parts:
        return _allowed(kind.item_type, parts[1:])
    if isinstance(kind, msgspec.inspect.StructType) and parts:
        fields = {field.encode_name: field.type for field in kind.fields}
        return _allowed(fields[parts[0]], parts[1:]) if parts[0] in fields else []
    return []
