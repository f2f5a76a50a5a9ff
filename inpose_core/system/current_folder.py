# SPDX-License-Identifier: Apache-2.0
"""Leave the current folder out of the search for modules: ``python -m`` puts it first.

Nothing is imported here that Python has not loaded already: it might come from that folder.
"""

import os
import sys


def leave_out_current_folder() -> None:
    """Take the current folder off ``sys.path``, if ``python -m`` has put it there and this package lies elsewhere."""
    # While -m looks for its module, that is all that the first argument says.
    started_by_m = sys.argv[:1] == ["-m"] and not sys.flags.safe_path
    package_folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 (see above)
    if started_by_m and sys.path[:1] == [os.getcwd()] and sys.path[0] != package_folder:  # noqa: PTH109
        del sys.path[0]
