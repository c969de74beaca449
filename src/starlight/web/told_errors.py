"""The errors of a request as they are answered, and as a program reads them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from starlight.errors import InputError, InputErrors


class ToldError(msgspec.Struct, frozen=True):
    """An error of a request.

    Attributes:
        error: what is wrong.
        where: in which field, or at which address.
        right: what would be right.
    """

    error: str = ""
    where: str = ""
    right: str = ""

    def as_error(self) -> InputError:
        """Return it as it was raised at the node."""
        return InputError(self.error, where=self.where, right=self.right)


class ToldErrors(ToldError, frozen=True):
    """All errors of a request: the first, and where there are several, all of them.

    Attributes:
        errors: two or more, the first too; else not there.
    """

    errors: tuple[ToldError, ...] | msgspec.UnsetType = msgspec.UNSET

    def as_error(self) -> InputError:
        """Return them as they were raised at the node."""
        if self.errors:
            return InputErrors([each.as_error() for each in self.errors], "")
        return InputError(self.error, where=self.where, right=self.right)


def told_errors(errors: Sequence[ToldError]) -> ToldErrors:
    """Return errors, one or more, as they are answered."""
    first = errors[0]
    return ToldErrors(
        first.error, first.where, first.right, tuple(errors) if len(errors) > 1 else msgspec.UNSET
    )
