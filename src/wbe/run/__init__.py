"""The job around the science: configuration, the run folder, the publish guard, the run record."""
