# SPDX-License-Identifier: Apache-2.0
"""Repair tracking errors, and resample a recording to the solver's rate."""
