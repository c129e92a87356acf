"""What is done with models apart from asking them: list, fetch, check, verify, audit, prepare inputs."""
