# SPDX-License-Identifier: Apache-2.0
"""Compute with arrays: one text of the algorithm for numpy arrays and for torch tensors."""
