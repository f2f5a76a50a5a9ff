# SPDX-License-Identifier: Apache-2.0
"""Train the prior: motion data, augmentation, losses, trainer."""
