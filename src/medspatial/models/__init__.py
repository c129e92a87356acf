"""Models that answer questions about CT, behind one interface."""

from medspatial.models.base import Answer, Model, Point
from medspatial.models.card import Checkpoint, ModelCard, model_card, model_cards
from medspatial.models.registry import create_model, model_names

__all__ = [
    "Answer",
    "Checkpoint",
    "Model",
    "ModelCard",
    "Point",
    "create_model",
    "model_card",
    "model_cards",
    "model_names",
]
