"""What makes the sample and trains on it; not part of the installed engine."""
