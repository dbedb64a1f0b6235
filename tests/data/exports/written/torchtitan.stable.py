# Mixture two stages for torchtitan, DatasetMixConfig.
# Shares of tokens; they sum to exactly 1. Written by mixopt VERSION.
# Stage stable: 3000000 tokens after 0.
# Left out with a share of zero: old.
# Epochs: web 0.90, code 1.20, bücher/日本 under 0.01.
# `datasets` holds your SingleDatasetConfig of each name.
from torchtitan.components.data import ConcatThenSplitPackingConfig, DatasetMixConfig, WeightedDataset

mixture = DatasetMixConfig(
    datasets=(
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["bücher"]), weight=0.00002),
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["code"]), weight=0.39998),
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["web"]), weight=0.6),
    ),
)
