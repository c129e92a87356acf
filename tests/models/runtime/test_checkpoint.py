"""Published layouts are read strictly, and nothing in them is run."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from medspatial.errors import InputError
from medspatial.models.runtime import checkpoint
from medspatial.models.runtime.checkpoint import load_weights, read_config, weight_files


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def state(seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    made = {key: torch.randn(value.shape) for key, value in net().state_dict().items()}
    return {**made, "1.num_batches_tracked": torch.tensor(9)}


def write(folder: Path, tensors: dict[str, torch.Tensor], name: str = "model.safetensors") -> Path:
    path = folder / name
    save_file(tensors, str(path))
    return path


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_weights_and_buffers_arrive_in_the_wanted_type(tmp_path: Path, name: str) -> None:
    wanted = state()
    if name.endswith(".bin"):
        torch.save(wanted, tmp_path / name)
    else:
        write(tmp_path, wanted)
    with torch.device("meta"):
        module = net()
    load_weights(module, weight_files(tmp_path), dtype=torch.bfloat16, keep=("1.",))
    found = module.state_dict()
    assert found["0.weight"].dtype == torch.bfloat16
    assert torch.equal(found["0.weight"], wanted["0.weight"].bfloat16())
    assert torch.equal(found["1.running_var"], wanted["1.running_var"])  # kept in its own type
    assert int(found["1.num_batches_tracked"]) == 9


def test_shards_are_found_through_the_index(tmp_path: Path) -> None:
    wanted = state()
    shards = {"a.safetensors": ["0.weight", "0.bias"], "b.safetensors": [k for k in wanted if k[0] == "1"]}
    for name, keys in shards.items():
        write(tmp_path, {key: wanted[key] for key in keys}, name)
    index = {"weight_map": {key: name for name, keys in shards.items() for key in keys}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "mm_projector.bin").write_bytes(b"a leftover of training, not to be read")
    module = net()
    load_weights(module, weight_files(tmp_path))
    assert all(torch.equal(value, wanted[key]) for key, value in module.state_dict().items())
    (tmp_path / "b.safetensors").unlink()
    with pytest.raises(InputError, match=r"missing shards: b\.safetensors"):
        weight_files(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("0.bias"), r"1 missing: 0\.bias"),
        (lambda s: s.update(extra=torch.zeros(1)), "1 unexpected: extra"),
        (
            lambda s: s.update({"0.weight": torch.zeros(4, 5)}),
            r"1 misshapen: 0\.weight \(4, 5\) instead of \(4, 3\)",
        ),
        (
            lambda s: s.update({"0.wieght": s.pop("0.weight")}),
            r"1 missing: 0\.weight; 1 unexpected: 0\.wieght",
        ),
    ],
)
def test_keys_that_do_not_fit_are_listed(tmp_path: Path, change: Any, message: str) -> None:
    wanted = state()
    change(wanted)
    path = write(tmp_path, wanted)
    module = net()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    with pytest.raises(InputError, match=message) as caught:
        load_weights(module, [path])
    assert str(path) in str(caught.value)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


def test_two_keys_of_one_parameter_are_refused(tmp_path: Path) -> None:
    wanted = state()
    wanted["0.gamma"] = torch.zeros(4)
    with pytest.raises(InputError, match="are the same parameter"):
        load_weights(
            net(), [write(tmp_path, wanted)], rename=lambda key: "0.bias" if key == "0.gamma" else key
        )


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_truncated_file_is_named(tmp_path: Path, name: str, keep: float) -> None:
    path = tmp_path / name
    if name.endswith(".bin"):
        torch.save(state(), path)
    else:
        write(tmp_path, state())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(InputError, match=f"{name}: (damaged|refused)"):
        load_weights(net(), weight_files(tmp_path))


class Bomb:
    """What a hostile pickle does: call something on loading."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path: Path, zipped: bool) -> None:
    mark = tmp_path / "it ran"
    path = tmp_path / "pytorch_model.bin"
    hostile = {**state(), "payload": Bomb(mark)}
    if zipped:
        torch.save(hostile, path)
    else:
        path.write_bytes(pickle.dumps({"payload": Bomb(mark)}, protocol=2))
    with pytest.raises(InputError, match=r"refused, it holds more than tensors|damaged"):
        load_weights(net(), weight_files(tmp_path))
    assert not mark.exists()
    if zipped:  # the bomb is real: without the guard it goes off
        torch.load(path, weights_only=False)
        assert mark.exists()


def test_shapes_are_told_without_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, state())
    monkeypatch.setattr(checkpoint, "tensors", lambda path: pytest.fail("values were read"))
    assert checkpoint.shapes([path])["0.weight"] == (4, 3)


def test_a_state_dict_may_be_wrapped(tmp_path: Path) -> None:
    torch.save({"state_dict": state(), "epoch": 3}, tmp_path / "pytorch_model.bin")
    load_weights(net(), weight_files(tmp_path))


def test_folder_and_config_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such checkpoint folder"):
        read_config(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"has no config\.json; is this the checkpoint's folder"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text('{"a": 1,\n "b": }')
    with pytest.raises(InputError, match=r"config\.json:2: not valid JSON"):
        read_config(tmp_path)
    with pytest.raises(InputError, match=r"no weights; looked for .* found config\.json"):
        weight_files(tmp_path)


def test_a_model_loads_the_values_bit_for_bit(tiny_m3d: Path) -> None:
    from medspatial.models.m3d_lamed.network import load_network, published_name

    network = load_network(tiny_m3d, device=torch.device("cpu"), dtype=torch.float32)
    found = network.state_dict()
    seen = 0
    for path in weight_files(tiny_m3d):
        for key, value in load_file(path).items():
            name = published_name(key)
            assert name is not None
            assert torch.equal(found[name], value)
            seen += 1
    assert seen == len(found)


@pytest.mark.parametrize("shard", ["../secret.safetensors", "/etc/passwd", "link.safetensors"])
def test_weight_maps_and_links_stay_in_the_folder(tmp_path, shard):
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"a": torch.zeros(2)}, tmp_path / "secret.safetensors")
    (folder / "link.safetensors").symlink_to(tmp_path / "secret.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": shard}}))
    with pytest.raises(InputError, match="outside of its folder"):
        weight_files(folder)
    index.unlink()
    (folder / "model.safetensors").symlink_to(tmp_path / "secret.safetensors")
    with pytest.raises(InputError, match="through a link"):
        weight_files(folder)


def test_the_links_of_the_hubs_cache_are_followed(tmp_path):
    snapshot = tmp_path / "models--a--b" / "snapshots" / "c0ffee"
    snapshot.mkdir(parents=True)
    (tmp_path / "models--a--b" / "blobs").mkdir()
    save_file({"a": torch.zeros(2)}, tmp_path / "models--a--b" / "blobs" / "1234")
    (snapshot / "model.safetensors").symlink_to("../../blobs/1234")
    assert checkpoint.shapes(weight_files(snapshot)) == {"a": (2,)}


@pytest.mark.parametrize("found", ["[]", '{"a": 5}', '{"a": "b\u0000"}'])
def test_an_index_of_another_form_is_refused(tmp_path, found):
    (tmp_path / "model.safetensors.index.json").write_text(f'{{"weight_map": {found}}}')
    with pytest.raises(InputError, match=r"model\.safetensors\.index\.json"):
        weight_files(tmp_path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[" * 100_000, "not usable JSON"),
        ('{"a": ' + "9" * 5000 + "}", "not usable JSON"),
        ('{"num_hidden_layers": 1000000000}', "must be at most 1000"),
        ('{"vision": {"sizes": [1, 1e3, 100000000000]}}', "'sizes' must be at most"),
        ("[]", "must hold a JSON object"),
        ("{\n,", "config.json:2: not valid JSON"),
    ],
)
def test_hostile_configurations_are_one_line(tmp_path, text, fault):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match=fault):
        read_config(tmp_path)
    (tmp_path / "config.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(InputError, match="not UTF-8"):
        read_config(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "pytorch_model.bin"])
def test_pipes_are_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="is a pipe"):
        read_config(tmp_path) if name == "config.json" else weight_files(tmp_path)


@pytest.mark.parametrize("head", [b"", b"\0" * 7, (10**15).to_bytes(8, "little") + b"{}", b"\xff" * 100])
def test_a_header_longer_than_its_file_is_refused(tmp_path, head):
    (tmp_path / "model.safetensors").write_bytes(head)
    with pytest.raises(InputError, match="damaged or not a safetensors file"):
        checkpoint.shapes(weight_files(tmp_path))
