# SPDX-License-Identifier: Apache-2.0
"""Run the paper's protocols on a folder of AMASS: ``inpose evaluate --amass FOLDER``."""
