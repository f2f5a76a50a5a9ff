# SPDX-License-Identifier: Apache-2.0
"""Guess the conventions that a file does not declare (axes, units, hands, origin) from its data."""
