"""A new version that is on trial with a copy of the older database behind it gives no tokens: should it be taken back, the older database
would not know them, and a gateway would have let go of its former one.

The copy beside the database is the sign (host/release). It goes with the verdict.
"""

from fleet.errors import OnTrialError
from fleet.options import Configuration
from host.release.copy_folders import copies_in_wait

# A gateway tries again by itself, also to renew a token; a trial takes 15 minutes at most.
_RETRY_AFTER_S = 60


def refuse_on_trial(configuration: Configuration) -> None:
    """Raises OnTrialError."""
    file = configuration.database_file
    if file is not None and copies_in_wait(file.parent):
        raise OnTrialError(_RETRY_AFTER_S)
