# Mixture four domains for torchtitan, DatasetMixConfig.
# Shares of tokens, converted from shares of characters; they sum to exactly 1. Written by mixopt VERSION.
# Left out with a share of zero: old.
# Epochs: web 1.10, code 1.80, bücher/日本 under 0.01.
# `datasets` holds your SingleDatasetConfig of each name.
from torchtitan.components.data import ConcatThenSplitPackingConfig, DatasetMixConfig, WeightedDataset

mixture = DatasetMixConfig(
    datasets=(
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["bücher"]), weight=0.000007751998),
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["code"]), weight=0.449600384499),
        WeightedDataset(dataset=ConcatThenSplitPackingConfig(dataset=datasets["web"]), weight=0.550391863503),
    ),
)
