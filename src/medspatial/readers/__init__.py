"""People as answerers: the design of a reader study, their answers, and what follows from them."""
