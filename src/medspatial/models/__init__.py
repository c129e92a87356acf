"""Models that answer questions about CT, behind one interface."""

from medspatial.models.base import Answer, Model
from medspatial.models.registry import create_model, model_names

__all__ = ["Answer", "Model", "create_model", "model_names"]
