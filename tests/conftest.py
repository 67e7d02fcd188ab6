"""One setting for all suites: how long an example takes says nothing on a shared machine, so there is no deadline."""

from hypothesis import settings

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
