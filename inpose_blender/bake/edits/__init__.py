# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply the clean-up edits of a character before each bake: the solved motion itself stays as it is."""
