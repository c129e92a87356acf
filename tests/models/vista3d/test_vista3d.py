"""VISTA3D: golden vectors, label prompts, windows in chunks, grids, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from medspatial.anatomy import load_label_map, structure
from medspatial.errors import InputError
from medspatial.models import create_model
from medspatial.models.tools.verify import verify
from medspatial.models.vista3d import EVERYTHING, Vista3D, expanded
from medspatial.models.vista3d.inference import Windows, label_maps
from medspatial.models.vista3d.network import STEP, load_network, network_of, window_edge
from medspatial.models.vista3d.preparation import Preparation
from medspatial.models.vista3d.prompts import labels_of
from medspatial.volume import AXIS_CODES, Affine, Volume

CPU = torch.device("cpu")


def test_golden_vectors(shared: Path) -> None:
    rows = verify("vista3d", shared / "parity/vista3d")
    assert not [row for row in rows if not row.passed]
    names = {row.name for row in rows}
    assert {"keys at the real size", "sliding_logits", "label_map one by one", "preprocess affine"} <= names


def test_everything_is_the_117_classes_without_groups_and_lesions() -> None:
    assert len(EVERYTHING) == 117
    assert not set(EVERYTHING) & {2, 16, 18, 20, 21, *range(23, 28), *range(128, 133)}


def test_groups_become_their_parts() -> None:
    assert expanded([1, 2, 3]) == (1, 14, 5, 3)
    assert expanded([20, 28]) == (28, 29, 30, 31, 32, 28)
    bones = {load_label_map("vista3d").labels[label] for label in expanded([21])}
    assert len(bones) == 24 + 35 + 3  # vertebrae, ribs and limb girdles, cartilages, skull, sternum
    assert {"vertebrae_C1", "rib_left_12", "sacrum", "skull", "sternum", "costal_cartilages"} <= bones


@pytest.mark.parametrize("labels", [[], [0], [16], [18], [129], [131], [133]])
def test_labels_that_would_give_noise_are_refused(labels: list[int]) -> None:
    with pytest.raises(InputError, match="label"):
        expanded(labels)


def test_the_label_map_keeps_sides_and_order() -> None:
    labels = load_label_map("vista3d").labels
    wanted = {
        1: "liver",
        5: "kidney_right",
        14: "kidney_left",
        28: "lung_upper_lobe_left",
        33: "vertebrae_L5",
    }
    wanted |= {56: "vertebrae_C1", 63: "rib_left_1", 86: "rib_right_12", 97: "sacrum", 127: "vertebrae_S1"}
    assert {label: labels[label] for label in wanted} == wanted
    assert set(EVERYTHING) <= set(labels)
    assert all(structure(name).name == name for name in labels.values())
    assert labels_of(["liver", "kidney_left"]) == (1, 14)
    with pytest.raises(InputError, match="no label for structure 'uterus'"):
        labels_of(["uterus"])


class Patterns(nn.Module):
    """Stands in for the network: logit of label n is n-th pattern of the window's values."""

    def forward(self, inputs: Any, class_vector: Any = None, transpose: bool = False, **_: Any) -> Any:
        logits = torch.cat([torch.sin(inputs * (3.0 + float(n))) - 0.4 for n in class_vector[:, 0]], dim=1)
        assert transpose
        return logits


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), labels=st.lists(st.integers(1, 15), min_size=1, max_size=6))
def test_chunks_give_the_label_of_the_highest_logit(seed: int, labels: list[int]) -> None:
    image = torch.from_numpy(np.random.default_rng(seed).random((1, 1, 9, 8, 10), dtype=np.float32))
    roi = (9, 8, 10)
    chunked = label_maps(Patterns(), image, {"": labels}, Windows(roi, 0.0, 1e-9))[""]
    logits = torch.stack([torch.sin(image[0, 0] * (3.0 + label)) - 0.4 for label in labels])
    best, place = logits.max(dim=0)
    wanted = torch.where(best > 0, torch.tensor(labels)[place], 0).numpy()
    unclear = (logits.topk(min(2, len(labels)), dim=0).values.diff(dim=0).abs() < 1e-5).any(0).numpy()
    unclear |= (best.abs() < 1e-5).numpy()
    assert np.array_equal(chunked[~unclear], wanted[~unclear])
    assert np.array_equal(chunked, label_maps(Patterns(), image, {"": labels}, Windows(roi, 0.0, 4.0))[""])


class Blurred(nn.Module):
    """Stands in for a network whose output depends on where in the window a voxel lies."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, inputs: Any, class_vector: Any = None, transpose: bool = False, **_: Any) -> Any:
        self.calls += 1
        ramp = (
            torch.linspace(-0.5, 0.5, inputs.shape[-1]) + torch.linspace(0, 1, inputs.shape[2])[:, None, None]
        )
        blurred = torch.nn.functional.avg_pool3d(inputs, 3, 1, 1) + 0.2 * ramp
        return torch.cat([torch.sin(blurred * (5.0 + float(n))) for n in class_vector[:, 0]], dim=1)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(*[st.integers(3, 17)] * 3),
    overlap=st.sampled_from([0.0, 0.3, 0.5, 0.8]),
    gigabytes=st.sampled_from([1e-9, 1e-5, 1.0]),
)
def test_windows_are_those_of_monai(shape: tuple[int, int, int], overlap: float, gigabytes: float) -> None:
    from monai.inferers.utils import sliding_window_inference

    image = torch.from_numpy(np.random.default_rng(3).random((1, 1, *shape), dtype=np.float32))
    prompts = {"few": [3, 9], "many": [1, 3, 4, 9, 12]}
    windows = Windows((6, 5, 7), overlap, gigabytes)
    network = Blurred()
    found = label_maps(network, image, prompts, windows)
    for name, labels in prompts.items():
        reference = Blurred()
        logits = sliding_window_inference(
            image,
            windows.roi,
            1,
            reference,
            overlap=overlap,
            mode="gaussian",
            transpose=True,
            class_vector=torch.tensor(labels)[:, None],
        )[0]
        best, row = logits.max(dim=0)
        wanted = torch.where(best > 0, torch.tensor(labels)[row], 0).numpy()
        unclear = (logits.topk(2, dim=0).values.diff(dim=0).abs() < 1e-5)[0] | (best.abs() < 1e-5)
        assert np.array_equal(found[name][~unclear], wanted[~unclear])
        assert unclear.float().mean() < 0.01
        if gigabytes == 1.0:
            assert network.calls == reference.calls  # one pass for both prompts


def test_output_that_is_not_finite_is_refused() -> None:
    class Broken(Patterns):
        def forward(self, inputs: Any, class_vector: Any = None, **more: Any) -> Any:
            return super().forward(inputs, class_vector, **more) * float("nan")

    with pytest.raises(InputError, match="not finite"):
        label_maps(Broken(), torch.rand(1, 1, 4, 4, 4), {"": [1]}, Windows((4, 4, 4)))


def body(shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int) -> Volume:
    voxels = np.random.default_rng(seed).integers(-1000, 900, shape).astype(np.int16)
    voxels[0, 0, 0] = 40
    return Volume(voxels, Affine(np.diag([*spacing, 1.0])), unit="HU")


@settings(max_examples=25, deadline=None)
@given(
    codes=st.sampled_from(sorted(AXIS_CODES)),
    seed=st.integers(0, 99),
    shape=st.tuples(*[st.integers(1, 10)] * 3),
    spacing=st.tuples(*[st.sampled_from([0.8, 1.5, 4.0])] * 3),
)
def test_every_storage_of_a_patient_gives_the_same_bits(
    codes: str, seed: int, shape: tuple[int, int, int], spacing: tuple[float, float, float]
) -> None:
    volume = body(shape, spacing, seed)
    first, second = Preparation().prepared(volume), Preparation().prepared(volume.oriented(codes))
    assert np.array_equal(first.voxels, second.voxels)
    assert np.allclose(first.affine.matrix, second.affine.matrix, atol=1e-9)
    Preparation().contract().check(Preparation()(volume))


def test_the_crop_is_ten_voxels_around_what_is_above_zero() -> None:
    voxels = np.full((60, 30, 30), -1000, np.int16)
    voxels[30, 2, 15] = 10
    prepared = Preparation().prepared(Volume(voxels, Affine(np.diag([1.5, 1.5, 1.5, 1.0])), unit="HU"))
    assert prepared.shape == (21, 13, 21)
    assert np.allclose(prepared.affine.origin, (20 * 1.5, 0.0, 5 * 1.5))
    with pytest.raises(InputError, match="no body"):
        Preparation()(Volume(np.full((3, 3, 3), -500, np.int16), Affine(np.eye(4)), unit="HU"))


def test_masks_come_back_on_the_grid_of_the_ct(tiny_vista3d: Path) -> None:
    model = Vista3D(tiny_vista3d, device="cpu", windows=Windows((32, 32, 32)))
    volume = body((12, 14, 9), (3.0, 2.0, 4.0), 3)
    labels = [1, 3, 2]
    found = model.segment(volume, labels)
    assert (found.shape, found.unit) == (volume.shape, "label")
    assert set(np.unique(found.voxels)) <= {0, 1, 3, 5, 14}
    assert len(np.unique(found.voxels)) > 1
    turned = model.segment(volume.oriented("PIL"), labels)
    assert turned.axcodes == "PIL"
    assert np.array_equal(turned.oriented("RAS").voxels, found.voxels)


def test_wrapped_and_plain_keys_are_one_network(tiny_vista3d: Path, tmp_path: Path) -> None:
    state = torch.load(tiny_vista3d / "models/model.pt", weights_only=True)
    plain = {key.removeprefix("network."): value for key, value in state.items()}
    torch.save(plain, tmp_path / "model.pt")
    one, two = load_network(tiny_vista3d, CPU), load_network(tmp_path / "model.pt", CPU)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    plain.pop("class_head.class_embeddings.weight")
    torch.save(plain, tmp_path / "model.pt")
    with pytest.raises(InputError, match=r"1 missing: class_head\.class_embeddings\.weight"):
        load_network(tmp_path, CPU)
    torch.save({"x": torch.zeros(1)}, tmp_path / "model.pt")
    with pytest.raises(InputError, match="not VISTA3D's weights"):
        load_network(tmp_path, CPU)
    with pytest.raises(InputError, match="no VISTA3D weights"):
        load_network(tmp_path / "nothing", CPU)


def test_it_is_no_model_that_answers() -> None:
    with pytest.raises(InputError, match="medspatial segment"):
        create_model("vista3d")
    assert network_of(8).training is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"roi": (0, 1, 1)}, r"vista3d: window must be 3 whole numbers from 1, got \(0, 1, 1\)"),
        ({"roi": "abc"}, "vista3d: window must be 3 whole numbers from 1, got 'abc'"),
        ({"overlap": 1.0}, "vista3d: overlap must be a share from 0 to below 1, got 1.0"),
        ({"overlap": "half"}, "vista3d: overlap must be a share from 0 to below 1, got 'half'"),
        ({"logits_gb": 0.0}, "vista3d: logits_gb must be a number above 0, got 0.0"),
    ],
)
def test_bad_windows(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Windows(**options)


@pytest.mark.parametrize("edge", [16, 20, 33, 8])
def test_edges_that_the_network_cannot_take_are_refused_before_its_weights_are_read(
    edge: int, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"vista3d: window must be a multiple of 16 from 32, got {edge}"):
        Vista3D(tmp_path / "nothing", device="cpu", windows=Windows((32, edge, 32)))


def test_the_rule_for_edges_is_that_of_the_network() -> None:
    network: Any = network_of(8)
    assert list(network.image_encoder.shape_factor()) == [STEP] * 3

    def run(edge: int) -> None:
        with torch.inference_mode():
            network(torch.rand(1, 1, edge, edge, edge), class_vector=torch.tensor([[1]]))

    run(window_edge(2 * STEP))
    with pytest.raises(ValueError, match="more than 1 spatial element"):
        run(STEP)
