"""Where a native model's tokens are made, if not here; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from medspatial.errors import InputError

Protocol = Literal["completions", "chat"]


@dataclass(frozen=True)
class Engine:
    """An inference engine that takes prompt embeddings (vLLM), shared by all native models.

    Attributes
    ----------
    engine
        Its address, up to and with ``/v1``; None makes the tokens here.
    engine_model
        Name under which it serves the language part.
    engine_protocol
        ``completions``, or ``chat``: then the folder's own chat template must add nothing, as that of
        ``medspatial models export-language`` does.

    Raises
    ------
    InputError
        One of both names without the other, an address that is none, or an unknown protocol.
    """

    engine: str | None = None
    engine_model: str | None = None
    engine_protocol: Protocol = "completions"

    def __post_init__(self) -> None:
        if self.engine_protocol not in get_args(Protocol):
            raise InputError(
                f"engine_protocol: must be one of {', '.join(get_args(Protocol))}, "
                f"got {self.engine_protocol!r}"
            )
        names = (self.engine, self.engine_model)
        if names == (None, None):
            return
        if not all(isinstance(name, str) and name for name in names):
            raise InputError(f"engine and engine_model: both or none must be given, got {names}")
        if not str(self.engine).startswith(("http://", "https://")):
            raise InputError(f"engine: must begin with http:// or https://, got {self.engine!r}")
