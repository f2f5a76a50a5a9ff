# SPDX-License-Identifier: Apache-2.0
"""Remove what is not tracking, and resample a recording to the solver's rate."""
