"""Work spread over processes or actors of a Ray cluster; the results come in the order of a single run."""

from medspatial.pool.ordered import Pool, Unit
from medspatial.pool.processes import Processes, on_processors, read_devices
from medspatial.pool.tasks import Lost, Task, results_of
from medspatial.pool.workers import Event, Place, Receive, Report, Serving, Workers

__all__ = [
    "Event",
    "Lost",
    "Place",
    "Pool",
    "Processes",
    "Receive",
    "Report",
    "Serving",
    "Task",
    "Unit",
    "Workers",
    "on_processors",
    "read_devices",
    "results_of",
]
