"""From all histories to the table, the plots and the answer."""


rule compare_scales:
    """Merge the histories, compare the scales, draw the plots, say the answer."""
    input:
        code=code("compare_scales.py", "_comparison.py", "_figures.py", "_job.py"),
        histories=all_histories,
    output:
        histories="results/histories.csv",
        comparison="results/comparison.csv",
        answer="results/answer.txt",
        accuracy=multiext("results/figures/accuracy", ".png", ".svg"),
        epochs=multiext("results/figures/epochs", ".png", ".svg"),
    log:
        "logs/compare_scales/all.log",
    benchmark:
        "logs/compare_scales/all.benchmark.tsv"
    params:
        test_images=config["images"]["test"],
    script:
        "../scripts/compare_scales.py"
