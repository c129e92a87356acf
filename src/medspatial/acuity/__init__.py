"""Spatial acuity: from which size, distance or difference on a model sees, in physical units.

Phantoms in which one quantity is graded are asked about; a psychometric function is fitted to the answers.
Beside each model stands the ideal observer of its own input: what anybody could tell from the voxels or
slices that the model is given.
"""

from medspatial.acuity.evidence import sights
from medspatial.acuity.inputs import input_names, input_of
from medspatial.acuity.measure import input_acuity, model_acuity
from medspatial.acuity.quantities import QUANTITIES, Quantity, chosen_quantities
from medspatial.acuity.result import Acuity
from medspatial.acuity.trials import Trials

__all__ = [
    "QUANTITIES",
    "Acuity",
    "Quantity",
    "Trials",
    "chosen_quantities",
    "input_acuity",
    "input_names",
    "input_of",
    "model_acuity",
    "sights",
]
