# SPDX-License-Identifier: GPL-3.0-or-later
"""Loop a stretch of a solved motion, for example a walk cycle."""
