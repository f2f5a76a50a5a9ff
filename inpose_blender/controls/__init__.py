# SPDX-License-Identifier: GPL-3.0-or-later
"""Move a rig's IK controls: find them, compute their keys from the motion of the body, check them, and snap them."""
