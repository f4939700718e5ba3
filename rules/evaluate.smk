"""What the networks do beyond their own scale, and what trivial methods do without a network."""


rule fit_baselines:
    """What nearest class means and ridge regression reach on the same noisy copy."""
    input:
        code=code("fit_baselines.py", "plumbing/cards.py", "plumbing/job.py"),
        x_train="results/noisy/scale_{scale}/seed_{seed}/x_train.npy",
        y_train="results/images/y_train.npy",
        x_test="results/noisy/scale_{scale}/seed_{seed}/x_test.npy",
        y_test="results/images/y_test.npy",
    output:
        "results/baselines/scale_{scale}/seed_{seed}.csv",
    log:
        "logs/fit_baselines/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/fit_baselines/scale_{scale}/seed_{seed}.benchmark.tsv"
    priority: 20
    resources:
        mem_mb=growing(1400),
        runtime=growing(10),
    params:
        run=run_of,
    script:
        "../scripts/fit_baselines.py"


rule evaluate_models:
    """Every network of a seed on the noisy test images of every scale."""
    input:
        code=code(
            "evaluate_models.py",
            "experiment/training.py",
            "plumbing/checkpoints.py",
            "experiment/noise.py",
            "plumbing/cards.py",
            "plumbing/job.py",
        ),
        models=models_of_seed,
        x_test=expand("results/noisy/scale_{scale}/seed_{{seed}}/x_test.npy", scale=SCALES),
        y_test="results/images/y_test.npy",
    output:
        evaluations="results/evaluations/seed_{seed}.csv",
        confusion="results/confusion/seed_{seed}.csv",
    log:
        "logs/evaluate_models/seed_{seed}.log",
    benchmark:
        "logs/evaluate_models/seed_{seed}.benchmark.tsv"
    threads: threads_of_one(len(SEEDS))
    resources:
        mem_mb=growing(network_memory()),
        runtime=growing(evaluation_minutes()),
    params:
        run=evaluation_of,
    script:
        "../scripts/evaluate_models.py"
