# SPDX-License-Identifier: Apache-2.0
"""Run the demonstration: the example recording, its solve, and a picture of it."""
