"""What decides the bits. It knows nothing of Snakemake, logs and cards."""
