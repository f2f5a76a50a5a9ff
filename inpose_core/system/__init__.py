# SPDX-License-Identifier: Apache-2.0
"""Deal with the operating system: files written whole, files of strangers, other programs, the end of a process."""
