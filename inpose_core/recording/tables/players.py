# SPDX-License-Identifier: Apache-2.0
"""Take apart a table in which several players take turns: network games log all of them, one row each.

Read as one person, the head leaps from player to player in each row. Each player's rows become a session of their
own, so each is a take. The players' names and ids are never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ...arrays import FloatArray, IndexArray
from ...errors import RecordingError
from ..findings import Finding
from .column_meaning import words_of
from .text_table import Cells, TextTable

_WORDS: Final[frozenset[str]] = frozenset(
    (
        "player",
        "players",
        "user",
        "users",
        "userid",
        "playerid",
        "uid",
        "pid",
        "participant",
        "participants",
        "avatar",
        "actor",
        "client",
        "clientid",
        "peer",
        "owner",
        "subject",
        "performer",
        "person",
        "character",
        "spieler",
        "joueur",
        "jugador",
        "id",
        "name",
    )
)
_MOST_COLUMNS: Final[int] = 3
_MOST_PLAYERS: Final[int] = 16
_FEWEST_ROWS: Final[int] = 30
_LEAPS: Final[float] = 5.0
"""From row to row, the head moves this many times further than it does from a player's row to their next one."""


def player_columns(table: TextTable, used: Sequence[int]) -> tuple[int, ...]:
    """Return the columns that may say whose row it is."""
    found = [place for place, name in enumerate(table.header) if place not in used and set(words_of(name)) & _WORDS]
    return tuple(found[:_MOST_COLUMNS])


def split_players(cells: Cells, columns: Sequence[int], head: Sequence[int], table: TextTable) -> Cells:
    """Return the cells with each player's rows together, and a finding if there are several players.

    Args:
        cells: the table's cells in the file's order.
        columns: as `player_columns` returns them; read as text.
        head: the columns of the head's position.
        table: the table, for names.

    Raises:
        RecordingError: rows of several players alternate, and no column tells them apart.
    """
    place = cells.numbers(head)
    if len(place) < 2 * _FEWEST_ROWS:
        return cells
    from_row = _step(place, 1)
    if not from_row > 0:
        return cells
    for column in columns:
        names = cells.texts[column]
        players = list(dict.fromkeys(names))
        if not 2 <= len(players) <= _MOST_PLAYERS:
            continue
        rows = [np.flatnonzero(np.array(names) == player) for player in players]
        own = [_step(place[each], 1) for each in rows if len(each) >= _FEWEST_ROWS]
        if len(own) >= 2 and from_row > _LEAPS * max(own):
            return _one_after_the_other(cells, np.concatenate(rows), len(own), table.header[column])
    apart = min(_step(place, apart) for apart in range(2, 2 + _MOST_LAG))
    if from_row > _LEAPS * apart > 0:
        raise RecordingError(
            f"The rows of several players alternate in {table.name}, and no column says whose row it is.",
            "Save the rows of each player as a file of its own.",
        )
    return cells


_MOST_LAG: Final[int] = 4


def _step(place: FloatArray, apart: int) -> float:
    """Return the median distance between places (F, 3) so many rows apart; 0 if none is known."""
    steps = np.linalg.norm(place[apart:] - place[:-apart], axis=1)
    steps = steps[np.isfinite(steps)]
    return float(np.median(steps)) if len(steps) else 0.0


def _one_after_the_other(cells: Cells, order: IndexArray, count: int, column: str) -> Cells:
    sentence = (
        f"The table contains {count} players, by its column {column}. InPose reads each player as a take; choose "
        "one with --take."
    )
    return replace(
        cells,
        values=cells.values[order],
        texts={place: [texts[row] for row in order.tolist()] for place, texts in cells.texts.items()},
        findings=(*cells.findings, Finding("several_players", sentence, "told")),
    )
