# SPDX-License-Identifier: Apache-2.0
"""Guess what a file does not say (axes, units, hands, origin) from its data."""
