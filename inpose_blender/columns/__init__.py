# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the user assign the columns of a table in a dialog, with the result shown in the 3D View at once."""
