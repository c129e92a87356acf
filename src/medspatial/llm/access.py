"""Can a language model be asked? Its key and its server, told without a call that costs."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medspatial.llm.gemini import KEY_VARIABLES as GEMINI_KEYS
from medspatial.llm.openai_server import KEY_VARIABLE as OPENAI_KEY

_SERVERS = {
    "openai": "https://api.openai.com/v1",
    "gemini": "https://generativelanguage.googleapis.com",
}


@dataclass(frozen=True)
class Access:
    """What asking a language model needs.

    Attributes
    ----------
    name
        ``openai:MODEL`` or ``gemini:MODEL``.
    server
        Its address.
    keys
        Environment variables of which one must hold the key; none where the server is one's own.
    """

    name: str
    server: str
    keys: tuple[str, ...]

    @property
    def has_key(self) -> bool:
        """Whether a key is there, or none is needed."""
        return not self.keys or any(os.environ.get(name, "").strip() for name in self.keys)

    def unreachable(self, timeout_s: float = 3.0) -> str | None:
        """Ask the server for its list of models; return why nothing answers, or None.

        Any answer will do, a refusal too: no key is sent.
        """
        address = f"{self.server.rstrip('/')}/models"
        try:
            with urllib.request.urlopen(urllib.request.Request(address), timeout=timeout_s):
                return None
        except urllib.error.HTTPError as error:
            error.close()
            return None
        except (OSError, ValueError) as error:
            return " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__


def llm_access(name: str, options: Mapping[str, Any]) -> Access | None:
    """Return what asking a model needs, from its name and options as `open_llm` takes them.

    None for what lies on this machine (``local:FOLDER``) and for what is no name of a model.
    """
    if name.startswith("models/"):
        name = f"gemini:{name.removeprefix('models/')}"
    kind = name.partition(":")[0]
    if kind not in _SERVERS:
        return None
    own = options.get("base_url")
    variable = options.get("api_key_env")
    usual = (OPENAI_KEY,) if kind == "openai" else GEMINI_KEYS
    keys = (str(variable),) if variable else (() if own else usual)
    return Access(name, str(own or _SERVERS[kind]), keys)
