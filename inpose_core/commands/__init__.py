# SPDX-License-Identifier: Apache-2.0
"""Hold the parts of the command line that are long enough for a module of their own."""
