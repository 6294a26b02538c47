"""Credit underwriting: from raw evidence to a recorded, replayable decision with true reasons."""

__version__ = "0.1.0"
