# SPDX-License-Identifier: Apache-2.0
"""Access the operating system: safe reading and writing of files, other programs, the end of a process."""
