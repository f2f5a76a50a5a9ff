# SPDX-License-Identifier: Apache-2.0
"""Read file formats, one per module; the modules import only shared code from each other."""
