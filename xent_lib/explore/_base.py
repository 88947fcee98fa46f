"""What every interactive figure has on the Python side: state, a still picture, output."""

from __future__ import annotations

import base64
import os
from typing import Any, ClassVar

from anywidget import AnyWidget
from traitlets import Dict

from xent_lib.explore._bundle import FOLDER, for_anywidget
from xent_lib.show import Figure, show_figure

MIME = "application/vnd.xent.explore+json"
_STYLE = (FOLDER / "explore.css").read_text(encoding="utf-8")


class Interactive(AnyWidget):
    """A figure that a reader moves, in a live notebook and in the built page.

    A subclass names its JavaScript module in ``module`` and its state in ``state_names``, and draws
    its still picture. The output of a cell carries the still and the state, from which the
    book's page mounts the module; a live notebook gets the widget as well.
    """

    module: ClassVar[str]
    state_names: ClassVar[tuple[str, ...]]
    initial = Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # traitlets makes further classes of its own, which inherit these.
        if "module" in cls.__dict__:
            cls._esm = for_anywidget(cls.module)
            cls._css = _STYLE
        super().__init_subclass__(**kwargs)

    def __init__(self, **state: Any) -> None:
        super().__init__(**state)
        self.initial = self.state

    @property
    def state(self) -> dict[str, Any]:
        """What the reader sees now, as plain numbers, strings and lists."""
        return {key: getattr(self, key) for key in self.state_names}

    def still(self) -> Figure:
        """Draw the figure as it stands, for a page or a notebook that can't move it."""
        return show_figure(self._draw(), alt=self._describe())

    def _draw(self) -> Any:
        raise NotImplementedError

    def _describe(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        numbers = ", ".join(f"{key}={value!r}" for key, value in self.state.items())
        return f"{type(self).__name__}({numbers})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        still = self.still()
        bundle = {
            MIME: {"module": self.module, "state": self.state},
            "image/svg+xml": still._repr_svg_(),
            "image/png": base64.b64encode(still._repr_png_()).decode("ascii"),
            "text/plain": repr(still),
        }
        # A stored output must be the same on every run, and a widget's id is not.
        if "XENT_STORED_OUTPUTS" not in os.environ:
            widget = super()._repr_mimebundle_(**kwargs)
            assert widget is not None
            bundle = widget[0] | bundle
        return bundle, {}
