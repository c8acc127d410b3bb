"""What is wrong with a setting."""


class SettingsError(ValueError):
    """A setting is missing or wrong; the text is one sentence a person can act on."""
