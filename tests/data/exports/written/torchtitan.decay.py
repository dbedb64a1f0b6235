# Mixture two stages for torchtitan, DatasetMixConfig.
# Shares of tokens; they sum to exactly 1. Written by mixopt VERSION.
# Stage decay: 1000000 tokens after 3000000.
# Left out with a share of zero: bücher/日本, old.
# Epochs: web 0.20, code 0.60.
# `datasets` holds your SingleDatasetConfig of each name.
from torchtitan.components.data import ConcatThenSplitPackingConfig, DatasetMixConfig, WeightedDataset

mixture = DatasetMixConfig(
    datasets=(
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["code"]), weight=0.6),
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["web"]), weight=0.4),
    ),
)
