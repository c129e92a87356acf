"""Language models as judges: one, repeats of one, or a jury; canaries with every judging."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medspatial.score.judge.jury import Jury
    from medspatial.score.judge.metric import Judge
    from medspatial.score.judge.prompt import JudgePrompt, judge_prompt

__all__ = ["Judge", "JudgePrompt", "Jury", "judge_prompt"]
_HOME = {"Jury": "jury", "Judge": "metric", "JudgePrompt": "prompt", "judge_prompt": "prompt"}


def __getattr__(name: str) -> Any:
    """Import a part when it is asked for."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"medspatial.score.judge.{_HOME[name]}"), name)
    raise AttributeError(name)
