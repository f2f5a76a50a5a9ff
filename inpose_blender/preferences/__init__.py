# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the settings of the computer, not of the scene, and test the solver."""
