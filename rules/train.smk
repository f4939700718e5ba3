"""From a noisy copy to a trained network and the history of its epochs."""


rule train_model:
    """One network at one scale of fixed or fresh noise, validated on the noisy test images of this scale."""
    input:
        code=code(
            "train_model.py",
            "experiment/training.py",
            "plumbing/checkpoints.py",
            "experiment/noise.py",
            "plumbing/cards.py",
            "plumbing/job.py",
        ),
        x_train=training_images,
        y_train="results/images/y_train.npy",
        x_test="results/noisy/scale_{scale}/seed_{seed}/x_test.npy",
        y_test="results/images/y_test.npy",
    output:
        model="results/models/{draw}/scale_{scale}/seed_{seed}.keras",
        card="results/models/{draw}/scale_{scale}/seed_{seed}.json",
        history="results/histories/{draw}/scale_{scale}/seed_{seed}.csv",
    log:
        "logs/train_model/{draw}/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/train_model/{draw}/scale_{scale}/seed_{seed}.benchmark.tsv"
    # Noise that is there is used before more is made, so that with noise.keep false little of it lies about.
    priority: 10
    threads: threads_of_one(len(RUNS))
    resources:
        mem_mb=growing(network_memory()),
        runtime=growing(training_minutes()),
    params:
        run=training_of,
        checkpoint="results/checkpoints/{draw}/scale_{scale}/seed_{seed}.npz",
    script:
        "../scripts/train_model.py"
