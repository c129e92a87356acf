"""Models that answer questions about CT, behind one interface."""

from medspatial.models.base import Answer, Model, Point
from medspatial.models.card import Checkpoint, ModelCard, model_card, model_cards
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.options import Options, ReadPath, WrittenPath
from medspatial.models.registry import check_options, create_model, model_names, model_options

__all__ = [
    "Answer",
    "Checkpoint",
    "Generation",
    "Model",
    "ModelCard",
    "Options",
    "Point",
    "ReadPath",
    "Runtime",
    "WrittenPath",
    "check_options",
    "create_model",
    "model_card",
    "model_cards",
    "model_names",
    "model_options",
]
