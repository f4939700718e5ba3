"""From all that was measured to the tables, the figures and the answer."""

TABLES = ["comparison", "robustness", "classes", "evaluations", "baselines", "histories"]


rule compare_scales:
    """Merge what was measured, compare the scales, say the answer."""
    input:
        code=code(
            *(
                "compare_scales.py",
                "analysis/answer.py",
                "plumbing/cards.py",
                "analysis/summaries.py",
                "plumbing/job.py",
                "analysis/robustness.py",
                "analysis/tables.py",
            )
        ),
        histories=all_histories,
        baselines=expand("results/baselines/scale_{scale}/seed_{seed}.csv", scale=SCALES, seed=SEEDS),
        evaluations=expand("results/evaluations/seed_{seed}.csv", seed=SEEDS),
        confusion=expand("results/confusion/seed_{seed}.csv", seed=SEEDS),
    output:
        **{table: f"results/{table}.csv" for table in [*TABLES, "confusion"]},
        card="results/card.json",
        answer=reported("results/answer.txt", "answer", "Answer", "the sentences, as text"),
    log:
        "logs/compare_scales/all.log",
    benchmark:
        "logs/compare_scales/all.benchmark.tsv"
    params:
        about={
            "draws": DRAWS,
            "chosen": [SCALES[scale] for scale in CHOSEN],
            "epochs": config["training"]["epochs"],
            "test_images": config["images"]["test"],
        },
    script:
        "../scripts/compare_scales.py"


rule plot_figures:
    """Draw the figures."""
    input:
        **{table: f"results/{table}.csv" for table in [*TABLES, "confusion"]},
        code=code(
            "plot_figures.py",
            "analysis/figures.py",
            "analysis/summaries.py",
            "experiment/runs.py",
            "plumbing/cards.py",
            "plumbing/job.py",
        ),
    output:
        accuracy=figure("accuracy", "Answer", "accuracy against noise scale"),
        classes=figure("classes", "Answer", "which digits fail first"),
        confusion=figure("confusion", "Answer", "which digit is taken for which"),
        epochs=figure("epochs", "Training", "accuracy per epoch"),
        evaluations=figure("evaluations", "Evaluations", "accuracy at every other scale"),
        baselines=figure("baselines", "Baselines", "networks and trivial methods"),
    log:
        "logs/plot_figures/all.log",
    benchmark:
        "logs/plot_figures/all.benchmark.tsv"
    params:
        draws=DRAWS,
    script:
        "../scripts/plot_figures.py"


rule write_tables:
    """The tables as pages for a browser, and the cost of every stage."""
    input:
        **{table: f"results/{table}.csv" for table in TABLES},
        code=code("write_tables.py", "plumbing/cards.py", "plumbing/job.py"),
        answer="results/answer.txt",
    output:
        cost_csv="results/cost.csv",
        comparison=page("comparison", "Answer", "table: the scales compared"),
        classes=page("classes", "Answer", "table: every digit"),
        histories=page("histories", "Training", "table: every epoch"),
        cost=page("cost", "Training", "table: what every stage cost"),
        robustness=page("robustness", "Evaluations", "table: every network"),
        evaluations=page("evaluations", "Evaluations", "table: every network at every scale"),
        baselines=page("baselines", "Baselines", "table: trivial methods"),
    log:
        "logs/write_tables/all.log",
    benchmark:
        "logs/write_tables/all.benchmark.tsv"
    script:
        "../scripts/write_tables.py"
