# SPDX-License-Identifier: Apache-2.0
"""Read tables: whose columns are what, by presets, by names, by words."""
