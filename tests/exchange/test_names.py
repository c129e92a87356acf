"""Files named after models: none overwrites another's."""

import pytest

from medspatial.errors import InputError
from medspatial.exchange.names import files_of


def test_names_become_files(tmp_path):
    found = files_of(tmp_path, ["m3d", "org/model b", "m3d"], ".json")
    assert {name: path.name for name, path in found.items()} == {
        "m3d": "m3d.json",
        "org/model b": "org-model-b.json",
    }


def test_two_names_of_one_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="would hold 'a/b' and 'a-b'"):
        files_of(tmp_path, ["a/b", "a-b"], ".json")
