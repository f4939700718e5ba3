"""How much pixel noise can a neural network take, and why does it break?

Images and noisy copies (data.smk) -> one network per copy (train.smk) -> evaluations and baselines (evaluate.smk) ->
tables, plots, answer (compare.smk).
"""

from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/compare.smk"


# On a cluster these run where Snakemake runs: one needs the internet, the others take a second or two.
localrules:
    all,
    fetch_images,
    plot_samples,
    compare_scales,
    plot_figures,
    write_tables,


# All of it, not only the ends: what is missing is made again, wherever in the middle it was.
rule all:
    default_target: True
    input:
        rules.fetch_images.output,
        all_samples,
        all_noise,
        all_models,
        all_histories,
        rules.compare_scales.output,
        rules.plot_figures.output,
        rules.write_tables.output,


onstart:
    check_disk()


onsuccess:
    if compared():
        print_results()
