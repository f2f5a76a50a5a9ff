# SPDX-License-Identifier: Apache-2.0
"""The diffusion prior over rotations: network, noise schedule, condition, checkpoint."""
