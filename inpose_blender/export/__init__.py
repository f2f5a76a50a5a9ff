# SPDX-License-Identifier: GPL-3.0-or-later
"""Export the animated character for game engines and other programs."""
