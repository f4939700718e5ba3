"""Before and after a sweep: the lock of the folder, the disk, the progress; and what Snakemake 9.27 needs."""

import shlex
from collections import Counter

from control.disk import check_room, check_writable, existing_bytes, model_bytes, noise_bytes
from control.lock import hold_folder
from control.progress import follow_progress, print_results

# Snakemake puts this path unquoted into the command that runs a script (its issue 2645).
if shlex.quote(sys.executable) != sys.executable:
    sys.executable = shlex.quote(sys.executable)

follow_progress()
if workflow.is_main_process:
    held_folder = hold_folder()
    check_writable(Path("results"))


def check_disk():
    """Before the first job: is there room for all that will be stored?"""
    stored = ("add_noise", "train_model")  # beside which the rest is little
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name in stored]
    counts = Counter(job.rule.name for job in jobs)
    sets = in_use = counts["add_noise"]
    if not config["noise"]["keep"]:
        at_once = workflow.resource_settings.cores or workflow.resource_settings.nodes or 1
        in_use = min(sets, 2 * at_once)
    need = noise_bytes(IMAGES.shape, config["images"]["train"], config["images"]["test"], sets, in_use)
    need += counts["train_model"] * model_bytes(PARAMETERS)
    check_room(max(0, need - existing_bytes(path for job in jobs for path in job.output)), Path("results"))


def compared():
    """Whether the comparison was asked for, so that the end should show it."""
    return any(job.rule.name == "compare_scales" for job in workflow.dag.jobs)


onstart:
    check_disk()


onsuccess:
    if compared():
        print_results()
