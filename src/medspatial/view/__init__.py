"""The viewer: a local server that shows cases in three planes and 3D, evidence, and what models saw."""
