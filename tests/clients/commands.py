"""Commands that a suite runs."""

import os
import subprocess


class Command:
    """A program with words that are always there, in an environment of its own."""

    def __init__(self, *words, **environment):
        self.words = [os.fspath(word) for word in words]
        self.environment = os.environ | environment

    def __call__(self, *words, fails=False, typed=None, within=120):
        """Runs the program and answers what it prints. Fails unless it ends as expected."""
        command = [*self.words, *(os.fspath(word) for word in words)]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=within, input=typed or "", env=self.environment
        )
        printed = ended.stdout + ended.stderr
        if (ended.returncode != 0) != fails:
            raise AssertionError(f"{' '.join(command)} ended with {ended.returncode}: {printed[-500:]}")
        return printed
