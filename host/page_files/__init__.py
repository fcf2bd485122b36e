"""Files that the pages of both services have in common: look, ages, times. Each service serves them beside its own."""

from pathlib import Path

FOLDER = Path(__file__).parent
