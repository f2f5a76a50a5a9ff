# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what was solved, so that it can be baked again."""
