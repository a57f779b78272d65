"""The command that installs a pack, for messages; imports nothing, as images and `chorus doctor` lack much."""

_INSTALLED_BY_NAME = {
    "birdnet": "`chorus models install birdnet --accept-license CC-BY-NC-SA-4.0`",
    "birdnet-fine": "`chorus models install birdnet --accept-license CC-BY-NC-SA-4.0`",
    "birdnet-native": "`chorus models install birdnet --accept-license CC-BY-NC-SA-4.0`",
    "synthetic": "`chorus models install synthetic`",
}


def how_to_install(name: str) -> str:
    """Return the command that installs a pack, in backticks, and what FOLDER in it is where nobody knows that here."""
    unknown = f"`chorus models install FOLDER`, FOLDER being where you have {name} (its pack.toml is in it)"
    return _INSTALLED_BY_NAME.get(name, unknown)
