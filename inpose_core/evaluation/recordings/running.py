# SPDX-License-Identifier: Apache-2.0
"""Run the cases on all cores, each through the whole product as the command line runs it; go on with what is done."""

from __future__ import annotations

import math
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from ...body.motion import Motion
from ...errors import InPoseError
from ...options.reading import ReadOptions
from ...options.solve import SolveSettings
from ...prior.checkpoint import DEFAULT_WEIGHTS, Prior, load_prior
from ...recording_to_motion import SolvedRecording, SolvePlan, solve_recording
from ...training.packed_files import hash_of_packed
from ..row_store import Row, RowStore, prior_fingerprint
from .cases import SCENES, Scene, make_scene, spoil
from .comparison import Errors, errors_of
from .defects import DEFECTS, Damaged, Defect
from .judging import Judgement, judge, judge_refusal, usable_places
from .loggers.logger import Logger
from .people import People, load_performers

_SOLVE: Final[SolveSettings] = SolveSettings(device="cpu")
_LONGEST_TEXT: Final[int] = 160


@dataclass(frozen=True)
class RunSettings:
    """Say what to run."""

    data: Path
    """Folder of packed motion."""
    people: People = "test"
    kinds: tuple[str, ...] = ()
    """Kinds of defects; () is all."""
    scenes: int = SCENES
    seed: int = 0
    processes: int = 0
    """0: one per core."""
    files: Path | None = None
    """Keep each case's file in this folder."""
    weights: Path = DEFAULT_WEIGHTS
    """The prior that solves."""

    def chosen(self) -> tuple[str, ...]:
        """Return the kinds to run.

        Raises:
            InPoseError: a kind is unknown.
        """
        unknown = [kind for kind in self.kinds if kind not in DEFECTS]
        if unknown:
            raise InPoseError(f"There is no kind of defect {unknown[0]}.", f"The kinds are {', '.join(DEFECTS)}.")
        return self.kinds or tuple(DEFECTS)


def run_cases(settings: RunSettings, store: RowStore | None = None, again: bool = False) -> list[Row]:
    """Run all cases and return their rows, by kind and scene.

    Args:
        settings: what to run.
        store: rows that it has of the same data, people, seed and prior are not run again; new ones are added.
        again: run all cases again, for a product that has changed.

    Raises:
        InPoseError: the data are missing, or a kind is unknown.
    """
    kinds = settings.chosen()
    made_with = _made_with(settings)
    stored = [] if store is None or again else store.rows()
    wanted = {(kind, number) for kind in kinds for number in range(settings.scenes)}
    rows = {
        key: row
        for row in stored
        if (key := (row.get("kind"), row.get("scene"))) in wanted and made_with.items() <= row.items()
    }
    rest = {
        number: left
        for number in range(settings.scenes)
        if (left := tuple(kind for kind in kinds if (kind, number) not in rows))
    }
    for case in _run(settings, rest):
        row = {**case, **made_with}
        rows[row["kind"], row["scene"]] = row
        if store is not None:
            store.add(row)
    return [rows[key] for key in sorted(rows, key=lambda key: (list(DEFECTS).index(key[0]), key[1]))]


def _made_with(settings: RunSettings) -> Row:
    """Return what the rows of all cases depend on, besides the product itself."""
    return {
        "people": settings.people,
        "data": hash_of_packed(settings.data)[:12],
        "seed": settings.seed,
        "weights": prior_fingerprint(_prior(settings.weights)),
    }


def _run(settings: RunSettings, rest: dict[int, tuple[str, ...]]) -> Iterator[Row]:
    processes = settings.processes or os.cpu_count() or 1
    if processes == 1 or len(rest) < 2:
        for number, kinds in rest.items():
            yield from run_scene(settings, number, kinds)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run_scene, settings, number, kinds) for number, kinds in rest.items()]):
            yield from done.result()


def run_scene(settings: RunSettings, number: int, kinds: Sequence[str]) -> list[Row]:
    """Run one scene with several kinds of defects; they share the clean take's solution."""
    performers = _performers(settings.data, settings.people)
    references: dict[tuple[object, ...], Errors] = {}
    rows = []
    for kind in kinds:
        begun = time.perf_counter()
        row = _case(settings, performers, DEFECTS[kind], number, references)
        rows.append({"kind": kind, "scene": number, **row, "seconds": _since(begun)})
    return rows


def _case(
    settings: RunSettings,
    performers: list[list[Motion]],
    defect: Defect,
    number: int,
    references: dict[tuple[object, ...], Errors],
) -> Row:
    scene = make_scene(performers, defect, number, settings.seed)
    damaged = spoil(scene, defect, number, settings.seed)
    folder = settings.files or _folder()
    path = folder / f"{defect.kind}_{number}{damaged.logger.suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(damaged.logger.write(damaged.take))
    row: Row = {
        "controller": scene.take.controller.name,
        "logger": damaged.logger.name,
        "command": _command(scene, path, damaged),
    }
    try:
        solved = _solved(scene, path, damaged, settings)
        errors = _errors(solved, damaged, defect)
        judgement = judge(defect, damaged, errors, _clean(scene, defect, settings, number, references), solved.findings)
        row |= {
            "findings": [finding.to_dict() for finding in solved.findings],
            "notes": [note[:_LONGEST_TEXT] for note in solved.notes],
            "body_cm": round(100 * float(errors.body_m[errors.solved].mean()), 2) if errors.solved.any() else None,
        }
    except InPoseError as error:
        judgement = judge_refusal(defect, str(error))
    except Exception:  # a crash is an outcome to be counted, not the end of the bench
        judgement = Judgement("silent", f"crashed: {traceback.format_exc()[-600:]}", (), float("nan"), 0)
    finally:
        if settings.files is None:
            path.unlink()
    return row | _plain(judgement)


def _clean(
    scene: Scene, defect: Defect, settings: RunSettings, number: int, references: dict[tuple[object, ...], Errors]
) -> Errors | None:
    """Return the errors of the clean take's solution, solved once for all kinds that need the same."""
    if not defect.limits.over_clean:
        return None
    key = (
        scene.take.posed_until_s,
        scene.take.controller.name,
        scene.logger.name,
        scene.calibration,
        defect.hanging_arms,
        defect.posture,
        defect.calibration == "sloppy",
    )
    if key not in references:
        path = (settings.files or _folder()) / f"clean_{number}{scene.logger.suffix}"
        path.write_bytes(scene.logger.write(scene.take))
        try:
            damaged = Damaged(scene.take, scene.logger, ())
            references[key] = _errors(_solved(scene, path, damaged, settings), damaged, defect)
        finally:
            path.unlink()
    return references[key]


def _solved(scene: Scene, path: Path, damaged: Damaged, settings: RunSettings) -> SolvedRecording:
    plan = SolvePlan(path, None, scene.calibration, _SOLVE, _reading(scene, damaged))
    return solve_recording(plan, _prior(settings.weights))


def _reading(scene: Scene, damaged: Damaged) -> ReadOptions:
    """Return what the user says of the file: of the scene's logger, or of the defect's own."""
    if damaged.reading is not None:
        return damaged.reading
    return scene.reading if damaged.logger is scene.logger else ReadOptions()


def _errors(solved: SolvedRecording, damaged: Damaged, defect: Defect) -> Errors:
    truth = damaged.take.truth
    return errors_of(
        solved.motion,
        truth,
        damaged.take.duration_s,
        damaged.truth_from_s,
        usable_places(damaged, len(truth), truth.fps),
        defect.floor_is_free,
    )


def _command(scene: Scene, path: Path, damaged: Damaged) -> str:
    words = ["inpose solve", path.name, "-o out.npz"]
    if scene.calibration.pose:
        words.append(f"--hand-poses {scene.calibration.pose}")
    if scene.calibration.stature_m:
        words.append(f"--performer-height {scene.calibration.stature_m}")
    if axes := _reading(scene, damaged).axes:
        words.append(f"--axes {axes}")
    return " ".join(words)


def _plain(judgement: Judgement) -> Row:
    row = asdict(judgement)
    row["places_cm"] = [_rounded(place) for place in judgement.places_cm]
    row["turn_deg"] = _rounded(judgement.turn_deg)
    return row


def _rounded(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 2)


@cache
def _performers(data: Path, people: People) -> list[list[Motion]]:
    return load_performers(data, people)


@cache
def _prior(weights: Path) -> Prior:
    return load_prior(weights)


@cache
def _folder() -> Path:
    import atexit  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    folder = tempfile.TemporaryDirectory(prefix="inpose_cases_")
    atexit.register(folder.cleanup)
    return Path(folder.name)


__all__ = ["Logger", "RunSettings", "run_cases", "run_scene"]
