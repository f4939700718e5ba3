"""How much pixel noise can a neural network take, and why does it break?

Images and noisy copies (data.smk) -> one network per copy (train.smk) -> evaluations and baselines (evaluate.smk)
-> tables, figures, answer (compare.smk).
"""

from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/run.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/compare.smk"


# All of it, not only the ends: what is missing in the middle is made again too.
rule all:
    default_target: True
    input:
        rules.fetch_images.output,
        # Of the first seed: the pictures of the others look no different.
        expanded(rules.plot_samples.output.picture, scale=map(scale_label, CHOSEN), seed=list(SEEDS)[0]),
        expanded(rules.plot_samples.output.card, scale=map(scale_label, CHOSEN), seed=list(SEEDS)[0]),
        of_places(rules.add_noise.output.x_train) if config["noise"]["keep"] else [],
        of_places(rules.add_noise.output.x_test),
        of_places(rules.add_noise.output.card),
        *SETS_READ.values(),
        of_runs(rules.train_model.output.model),
        rules.compare_scales.input,
        rules.compare_scales.output,
        rules.plot_figures.output,
        rules.write_tables.output,
        rules.make_lab.output,
    localrule: True
