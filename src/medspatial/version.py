"""The version: here alone, so that no room imports the package that imports all rooms."""

__version__ = "0.2.0"
