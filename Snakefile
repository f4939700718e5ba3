"""How much pixel noise can a neural network take, and why does it break?

Images (data.smk) -> noisy copies -> one network per copy (train.smk) -> table, plots, answer (compare.smk).
"""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/compare.smk"


rule all:
    default_target: True
    input:
        all_samples,
        "results/histories.csv",
        "results/comparison.csv",
        "results/answer.txt",
        expand(
            "results/figures/{figure}.{format}",
            figure=["accuracy", "epochs"],
            format=["png", "svg"],
        ),


onsuccess:
    if compared():
        print_results()
