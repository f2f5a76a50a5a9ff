# SPDX-License-Identifier: GPL-3.0-or-later
"""List the takes of a scene: choose, retake, solve all, bake all."""
