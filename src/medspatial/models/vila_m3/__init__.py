"""VILA-M3: a 2D vision-language model that may call VISTA3D; parts, not yet a model of the inventory."""
