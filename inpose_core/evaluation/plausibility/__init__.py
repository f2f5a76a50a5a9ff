# SPDX-License-Identifier: Apache-2.0
"""Measure whether solved people move like real people, by situation.

Joint errors alone cannot distinguish a gliding walk from a walk whose steps are a little off. So each figure of the
solution stands beside the same figure of the truth.
"""

from .by_situation import figures_by_situation, situations_of
from .figures import MotionFigures, SituationFigures, Spread

__all__ = ["MotionFigures", "SituationFigures", "Spread", "figures_by_situation", "situations_of"]
