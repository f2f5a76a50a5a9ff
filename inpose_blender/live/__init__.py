# SPDX-License-Identifier: GPL-3.0-or-later
"""Let characters follow performers who move now, and record takes. The worker hears and solves; this shows poses."""
