"""What runs in Snakemake's own process: checks, resources, disk, lock, progress."""
