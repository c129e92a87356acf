"""The published results of CT-SpatialVQA as a study: found by entry point, as anybody's study is."""
