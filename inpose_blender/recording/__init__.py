# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a recording, or make one from animated objects; read it and show it."""
