# SPDX-License-Identifier: Apache-2.0
"""Hold the longer commands and what several commands share."""
