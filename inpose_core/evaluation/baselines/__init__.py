# SPDX-License-Identifier: Apache-2.0
"""The systems that the method is compared with; they are measured, not shipped in the extension."""
