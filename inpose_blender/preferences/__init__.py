# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what belongs to the machine, not to the scene, and try the solver out."""
