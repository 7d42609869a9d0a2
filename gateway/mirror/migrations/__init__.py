"""The history of the mirror's tables."""
