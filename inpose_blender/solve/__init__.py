# SPDX-License-Identifier: GPL-3.0-or-later
"""Have a recording solved: the request, the queue, the button."""
