"""What a model sees: the query in words, voxels or pictures, and the contract they keep."""

from medspatial.inputs.contract import InputContract
from medspatial.inputs.query import CONVENTION, Query

__all__ = ["CONVENTION", "InputContract", "Query"]
