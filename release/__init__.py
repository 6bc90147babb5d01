"""How a release is made: standalone archives and krew's manifest.

Nothing of this is part of the plugin.
"""
