"""Jinja2 for the desk's own pages: files beside a package's modules, filled with everything escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape

from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Pages:
    """The page files of a package. In `.txt` nothing is escaped, in all others everything."""

    def __init__(self, package: str, filters: Mapping[str, Callable[..., str]]) -> None:
        """`filters` beside Jinja2's own."""
        self._loader = PackageLoader(package, "")
        self._environment = Environment(
            loader=self._loader,
            autoescape=select_autoescape(default=True, disabled_extensions=("txt",)),
            lstrip_blocks=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            finalize=_visible,
            auto_reload=False,
        )
        self._environment.filters.update(filters)

    def fill(self, name: str, values: Mapping[str, object]) -> str:
        """The file of that name, filled with these values."""
        return self._environment.get_template(name).render(values)

    def source(self, name: str) -> str:
        """The file of that name as it is."""
        return self._loader.get_source(self._environment, name)[0]


def _visible(value: Any) -> Any:  # noqa: ANN401 - whatever is written out
    """It, with nothing hidden in it; what Jinja2 made itself is fit already."""
    is_made = isinstance(value, Undefined) or hasattr(value, "__html__")
    return value if is_made else make_visible(str(value))
