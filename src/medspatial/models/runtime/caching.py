"""A native model that keeps the features of its encoder on disk, by the volume's fingerprint."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medspatial.models.runtime.features import FeatureCache, Features
from medspatial.models.runtime.vlm import Encoded, VolumeLanguageModel
from medspatial.volume import Volume


@dataclass(frozen=True)
class Prepared:
    """A volume on its way to the encoder: its pixels, or features that were there already."""

    fingerprint: str
    pixels: NDArray[np.float32] | None
    features: Features | None


class CachingModel(VolumeLanguageModel):
    """The frame with a cache; a subclass gives `features` and `projected` for `visual_tokens`."""

    cache: FeatureCache | None = None

    @abstractmethod
    def features(self, pixels: Tensor) -> Tensor:
        """Return what is kept of input (1, ...)."""

    @abstractmethod
    def projected(self, features: Tensor) -> Tensor:
        """Return visual tokens (tokens, hidden) of features."""

    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Return (tokens, hidden) of input (1, ...)."""
        return self.projected(self.features(pixels))

    def kept(self, volume: Volume) -> Features | None:
        """Return features made earlier, None where there are none."""
        return None if self.cache is None else self.cache.get(volume.fingerprint)

    def prepare(self, volume: Volume | None) -> Any:
        """Return the pixels, or the features where they are kept already; None for text only."""
        if volume is None:
            return None
        features = self.kept(volume)
        pixels = super().prepare(volume) if features is None else None
        return Prepared(volume.fingerprint, pixels, features)

    @torch.inference_mode()
    def encode(self, prepared: Any) -> Encoded:
        """Run encoder (or take its kept features), projector, and the shared prefix, once."""
        visual = None if prepared is None else self.projected(self._features_of(prepared))
        return Encoded(self.language.prefix(self.prefix(visual)), visual)

    def _features_of(self, prepared: Prepared) -> Tensor:
        if prepared.features is not None:
            return torch.from_numpy(prepared.features).to(self.device)
        pixels = torch.from_numpy(np.ascontiguousarray(prepared.pixels))[None]
        features = self.features(pixels.to(self.device))
        if self.cache is not None:
            self.cache.put(prepared.fingerprint, features.float().cpu().numpy())
        return features
