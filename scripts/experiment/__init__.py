"""What decides the bits. It does not depend on Snakemake, logs or cards."""
