"""Questions after they were made: categories, duplicates, filters, splits, formats, review."""
