"""What is noted while masks are read: sentences of kinds that a case treats differently."""

from __future__ import annotations


class Misfit(str):
    """A note that most of what a mask file holds has no name: its label map is probably another one."""

    __slots__ = ()


class Unnamed(str):
    """A note that values of a mask file are left out: its label map has no name for them, or no use."""

    __slots__ = ()


class Assumption(str):
    """A note that the masks were read in a way that nobody stated, such as by an assumed label map."""

    __slots__ = ()
