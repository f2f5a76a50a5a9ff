# SPDX-License-Identifier: Apache-2.0
"""Read tables; presets, column names or words in the names identify the columns."""
