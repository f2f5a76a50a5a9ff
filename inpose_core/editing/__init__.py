# SPDX-License-Identifier: Apache-2.0
"""Change a solved motion where an animator asks for it, so that hands and planted feet stay in place."""
