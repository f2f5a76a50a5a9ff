# SPDX-License-Identifier: GPL-3.0-or-later
"""Find torn skin: on bones that stay behind, on no bone at all, and between bones that part. Also parted joints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from .body import NOBODY, STRAYS, PosedBody
from .problems import CharacterProblem, problem

_LEAST_SHARE: Final[float] = 0.002
"""Of all skin: less is a stray vertex."""
_LEAST_UNWEIGHTED: Final[float] = 0.01
_STRETCHED: Final[float] = 4.0
_STRETCHED_BY: Final[float] = 0.06
"""Of the stature. A sharp elbow stretches single edges by less."""
_LEAST_STRETCHED: Final[float] = 0.004
_PULLED_OFF: Final[float] = 0.02
_MOST_NAMED: Final[int] = 4


def skin_problems(body: PosedBody) -> Iterator[CharacterProblem]:
    """Yield what tears the mesh: bones that do not go with the body first, the worst first."""
    skin = body.skin
    if skin is None:
        return
    main = skin.main_owner
    strays = sorted(
        ((stray, bone, joint) for bone, (joint, stray) in body.carriers.items() if stray > STRAYS * body.size),
        reverse=True,
    )
    share = {bone: float(skin.weights[skin.owners == index].sum()) / len(main) for index, bone in enumerate(skin.bones)}
    behind = [(bone, joint) for _, bone, joint in strays if bone != NOBODY and share[bone] > _LEAST_SHARE]
    for bone, joint in behind[:_MOST_NAMED]:
        yield problem("left_behind", bone=bone, other=body.mapping.bones[joint])
    if any(bone == NOBODY for _, bone, _ in strays):
        yield from _unweighted(body)
    yield from _stretched(body, {bone for _, bone, _ in strays})


def joint_problems(body: PosedBody) -> Iterator[CharacterProblem]:
    """Yield the joints whose bones are not where the bone above carries them."""
    cm = 100 * body.measure.skeleton.stature_m / body.size
    for joint, bone in body.mapping.bones.items():
        parent = body.mapped_parent(joint)
        if joint == "pelvis":
            continue
        carried = body.moves(body.mapping.bones[parent])
        expected = carried[:, :3, :3] @ body.rest_places[joint] + carried[:, :3, 3]
        away = float(np.median(np.linalg.norm(body.joint(joint) - expected, axis=1)))
        if away > _PULLED_OFF * body.size:
            yield problem("pulled_off", bone=bone, joint=joint.replace("_", " "), cm=round(away * cm))


def _unweighted(body: PosedBody) -> Iterator[CharacterProblem]:
    assert body.skin is not None
    nobody = body.skin.main_owner == body.skin.bones.index(NOBODY)
    for index, mesh in enumerate(body.skin.meshes):
        here = body.skin.mesh_of == index
        part = float(nobody[here].mean())
        if part > _LEAST_UNWEIGHTED:
            yield problem("unweighted", bone=mesh, share=max(1, round(100 * part)))


def _stretched(body: PosedBody, known: set[str]) -> Iterator[CharacterProblem]:
    """Yield the pair of bones between which most edges are stretched, where no known problem explains it."""
    skin = body.skin
    assert skin is not None
    if not len(skin.edges):
        return
    main = skin.main_owner
    ends = main[skin.edges]
    explained = np.isin(ends, [index for index, bone in enumerate(skin.bones) if bone in known]).any(axis=1)
    a, b = skin.edges[~explained].T
    rest = np.linalg.norm(skin.points[a] - skin.points[b], axis=1)
    longest = np.linalg.norm(body.skin_places[:, a] - body.skin_places[:, b], axis=2).max(axis=0)
    torn = (longest > _STRETCHED * rest) & (longest - rest > _STRETCHED_BY * body.size)
    if torn.sum() < max(3, _LEAST_STRETCHED * len(skin.edges)):
        return
    pairs, counts = np.unique(np.sort(ends[~explained][torn], axis=1), axis=0, return_counts=True)
    first, second = pairs[counts.argmax()]
    times = float(np.median(longest[torn] / np.maximum(rest[torn], 1e-9)))
    yield problem("stretched", bone=skin.bones[first], other=skin.bones[second], times=round(times))
