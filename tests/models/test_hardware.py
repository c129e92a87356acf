"""Where a model runs: names are checked without torch."""

from __future__ import annotations

import pytest

from medspatial.errors import InputError
from medspatial.models import Runtime


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"device": 3}, "device: must be auto, cpu, cuda or cuda:N, got 3"),
        ({"dtype": "int8"}, "dtype: must be auto, float32, bfloat16, float16, got 'int8'"),
        ({"attention": "fast"}, "attention: must be one of eager, sdpa, flash_attention_2, got 'fast'"),
    ],
)
def test_a_runtime_names_option_rule_and_value(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Runtime(**wrong)  # type: ignore[arg-type]
