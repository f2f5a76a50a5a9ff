# SPDX-License-Identifier: Apache-2.0
"""Average the weights of two priors of one training run, and recalibrate the mean.

``python benchmarks/average_priors.py EARLIER LATER --data DATA --out PRIOR`` (model soups, Wortsman et al. 2022): more
training on the same data made a prior better on people like the training people and worse on others. The mean is nearly
as good as the better of the two on both groups.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from inpose_core.body.skeleton import Skeleton
from inpose_core.prior.checkpoint import Prior, load_prior, save_prior
from inpose_core.prior.network import DiffusionTransformer
from inpose_core.training.losses import validation_errors
from inpose_core.training.module import TrainableTransformer
from inpose_core.training.split import HELD_OUT, load_split
from inpose_core.training.trainer import denoise_from_noise
from inpose_core.training.uncertainty import measure_uncertainty

CPU = torch.device("cpu")


def main() -> None:
    """Write the mean of two priors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("priors", type=Path, nargs=2, help="earlier and later")
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    earlier, later = (load_prior(path) for path in options.priors)
    weights = {name: (value + earlier.network.weights[name]) / 2 for name, value in later.network.weights.items()}
    network = DiffusionTransformer(later.network.config, weights)
    module = TrainableTransformer.of(network).eval()
    _, validation = load_split(options.data, network.config)
    uncertainty = measure_uncertainty(module, later.schedule, validation[HELD_OUT], CPU)
    offsets_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32)
    figures = {
        name: validation_errors(denoise_from_noise(module, later.schedule, examples, CPU), examples, offsets_m)
        for name, examples in validation.items()
    }
    training = {
        **later.training,
        "validation": json.dumps(figures),
        "averaged_with_step": earlier.training["steps"],
    }
    save_prior(Prior(network, later.schedule, uncertainty, training), options.out)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
