# SPDX-License-Identifier: Apache-2.0
"""Take out what is not tracking, and bring a recording to the solver's rate."""
