"""The command line: one small module per command group; it parses, calls and prints."""
