"""What an administrator says of this gateway, read once from the environment."""

from gateway.settings.loading import SettingsError, load_settings
from gateway.settings.model import Secret, Settings
from gateway.settings.names import SETTINGS, Setting
from gateway.settings.signing_key import read_signing_keys

__all__ = [
    "SETTINGS",
    "Secret",
    "Setting",
    "Settings",
    "SettingsError",
    "load_settings",
    "read_signing_keys",
]
