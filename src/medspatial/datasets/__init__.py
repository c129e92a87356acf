"""Questions after they were made: duplicates, filters, splits, formats, review."""
