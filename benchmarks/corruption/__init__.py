"""A campaign of corruptions: what becomes of a patient whose data contradict themselves."""
