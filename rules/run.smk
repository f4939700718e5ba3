"""Before and after a sweep: the lock of the folder, the disk, the progress; and what Snakemake 9.27 needs."""

import contextlib
import functools
import gc
import shlex
from collections import Counter

import snakemake.dag
import snakemake.jobs
import snakemake.sourcecache
from snakemake.logging import logger

from control.cost import COST, write_cost
from control.disk import check_room, check_writable, existing_bytes, image_bytes, model_bytes, noise_bytes
from control.duration import say_duration
from control.estimates import (
    earlier_epochs,
    epoch_seconds,
    evaluation_seconds,
    filter_seconds,
    rule_seconds,
    trained_seconds,
    training_seconds,
)
from control.extensions import find_extensions, keep_beginnings, say_extensions
from control.failures import explain_failures
from control.leftovers import delete_leftovers, find_leftovers, say_leftovers
from control.lock import hold_folder
from control.networks import say_taken_away
from control.progress import call_at_moments, follow_progress, report_starts
from control.replaced import folder_of_its_own, other_comparison
from control.machine import memory_of_one, say_cores, say_precision
from control.resources import say_memory
from control.schedulers import slurm_forgets
from control.stale import find_stale, job_name, say_stale
from control.stored_logs import StoredLogs
from control.sweep import Job, Sweep
from plumbing.cards import cpu_model
from show_results import COMPARISON, REPORT, make_command, show_results

# What follows touches private parts of Snakemake, which another version may not have, or use otherwise.
if snakemake.__version__.split(".")[:2] != ["9", "27"]:
    sys.exit(
        f"ERROR: this is Snakemake {snakemake.__version__}, and the workflow knows 9.27. Give the command make, or "
        "pip install 'snakemake==9.27.*'"
    )

# Cards have the names of files, not the paths of the copies that a storage makes.
copies = originals = ""
if provider := workflow.storage_registry.default_storage_provider:
    if (kind := workflow.storage_settings.default_storage_provider) != "fs":
        sys.exit(
            f"ERROR: this workflow reads cards in the storage fs, not in {kind}. Use fs (docs/cluster.md)"
        )
    folder = provider.object(os.path.join(workflow.storage_settings.default_storage_prefix, "results"))
    copies, originals = os.path.dirname(folder.local_path()), os.path.dirname(folder.query)
use_storage(copies, originals)

# Snakemake reads the script of every job of a plan, to see that it is there. Here, all jobs of a rule have one script. This
# and the threshold below save 20 % of the plan of 5 000 runs (docs/performance.md).
process_job = snakemake.dag.ScriptProcessor.process_job
processed = set()


def process_one_job(processor, job):
    if job.rule not in processed:
        processed.add(job.rule)
        process_job(processor, job)


snakemake.dag.ScriptProcessor.process_job = process_one_job
# Most objects of a plan live as long as it does. Python's default is to look for garbage among them again and again.
gc.set_threshold(200_000, 50, 100)
# Snakemake puts this path unquoted into the command that runs a script (its issue 2645).
if shlex.quote(sys.executable) != sys.executable:
    sys.executable = shlex.quote(sys.executable)


# What is out of date is decided by cards (control/stale.py), which are compared with the plan here. Times say
# nothing of a job that writes a card: a file may be replaced by one with an older time (Snakemake's issues 4134 and
# 4172). Without a time of its outputs, Snakemake does not compare those of its inputs.
time_of_outputs = snakemake.jobs.Job.output_mintime.fget


async def no_time():
    return None


snakemake.jobs.Job.output_mintime = property(
    lambda job: no_time() if "card" in job.output.keys() else time_of_outputs(job)
)


def replaces_comparison(job):
    """The sentence about the comparison that a job replaces with one of other values, if it does."""
    if job.rule.name.endswith("compare_scales"):  # with a prefix in a module
        return other_comparison(Path(original_of(job.output.card)), job.params.settings)


changed = set()  # files that are made again because their card says something else
# Of the class itself, also where a process reads the workflow twice.
update_needrun = getattr(snakemake.dag.DAG.update_needrun, "__wrapped__", snakemake.dag.DAG.update_needrun)


@functools.wraps(update_needrun)
async def update_with_cards(dag, *arguments, **options):
    if workflow.is_main_process and not getattr(dag, "cards_compared", False):
        dag.cards_compared = True
        stale = find_stale(dag.jobs, workflow.rules)
        say_stale({job: why for job, why in stale.items() if not replaces_comparison(job)})
        dag.forcefiles.update(path for job in stale for path in job.output)
        changed.update(path for job, why in stale.items() if why for path in job.output)
    await update_needrun(dag, *arguments, **options)
    for job in dag.jobs:  # cards say all: Snakemake need not tell people that it has no records of its own
        dag.reason(job).no_metadata = False


snakemake.dag.DAG.update_needrun = update_with_cards

if workflow.is_main_process:  # and not in a job of a cluster, which does not know why it failed
    explain_failures(lambda: workflow.executor_plugin.name)
    report_starts(
        lambda: workflow.executor_plugin.name,
        lambda: {workflow.dag.jobid(job): job for job in workflow.dag.jobs},
    )
progress = follow_progress(workflow.logger_manager.plugin_handlers if workflow.logger_manager else [])
if has_storage():  # before the handlers that look for the logs
    logger.handlers.insert(0, StoredLogs(lambda: workflow.remote_exec or cores_here()))
other_run = None
pruning = (
    "PRUNE_RESULTS" in os.environ
)  # of `make prune`: a dry run that deletes what its plan has no use for
if pruning and has_storage():
    sys.exit("ERROR: results in a storage are not pruned. Give the command make prune without a storage")
if workflow.is_main_process:
    try:
        held_folder = hold_folder()
    except BlockingIOError as busy:
        other_run = str(busy)  # which stops a run, but not a look at the plan
        if pruning:
            sys.exit(f"ERROR: {other_run}")
        print(other_run, file=sys.stderr)
    check_writable(Path(original_of("results")))
    say_images(config["images"], IMAGES)
    say_sets(SETS)
    say_taken_away(TAKEN_AWAY)


def command_of_make(target):
    """What makes a target for this configuration in this folder. None if make would take another configuration."""
    study = [] if Path.cwd() == FOLDER.resolve() else [FOLDER.resolve() / f"studies/{Path.cwd().name}.yaml"]
    same = not workflow.config_settings.config and [Path(path).resolve() for path in given] == study
    same = same and not originals  # with results elsewhere
    return make_command(target) if same else None


def leftovers():
    """Files that the plan has no use for. None if it is not one for everything, or has copies of them."""
    if has_storage():
        return None
    everything = workflow.default_target in {job.rule.name for job in workflow.dag.targetjobs}
    return find_leftovers(workflow.rules, workflow.dag.jobs) if everything else None


@functools.cache
def extensions():
    """The trainings of the plan that go on from finished ones, or start again with other epochs."""
    trainings = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "train_model"]
    return find_extensions(trainings, changed, cpu_model() if cores_here() else None)


def begin_run():
    """As the plan is known, also in a dry run."""
    if pruning and workflow.dryrun:
        delete_leftovers(leftovers() or [])
        return
    for sentence in filter(None, map(replaces_comparison, workflow.dag.needrun_jobs())):
        moved = workflow.overwrite_workdir is not None
        print(f"{sentence} To keep both, add {folder_of_its_own(FOLDER, given, moved)}.", file=sys.stderr)
    say_extensions(extensions().values())


def end_run():
    """The end of a run of this workflow that has succeeded, or that had nothing to do."""
    if pruning and workflow.dryrun:
        delete_leftovers(leftovers() or [])
    if workflow.dryrun or not workflow.modifier.is_main_snakefile():
        return
    paths = {name_of(path) for job in workflow.dag.jobs for path in job.output}
    if COMPARISON in paths:
        # After a run of make, make brings the report up to date, and says so itself.
        has_report = Path(original_of(REPORT)).exists() and "REPORT_FOLLOWS" not in os.environ
        with contextlib.chdir(originals or "."):
            show_results(paths | {REPORT} if has_report else paths, command_of_make("report"))
    if command := command_of_make("prune"):
        say_leftovers(leftovers() or [], command)


if workflow.is_main_process:
    call_at_moments(known=begin_run, idle=end_run)


def check_disk(extended):
    """Before the first job: is there room for all that will be stored? extended: trainings of which the
    shorter one stays until they have ended.
    """
    stored = ("fetch_images", "add_noise", "train_model")  # beside which the rest is little
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name in stored]
    counts = Counter(job.rule.name for job in jobs)
    sets = in_use = counts["add_noise"]
    if not config["noise"]["keep"]:
        at_once = cores_here() or workflow.resource_settings.nodes or 1
        in_use = min(sets, 2 * at_once)
    need = noise_bytes(IMAGES.shape, IMAGES.train, IMAGES.test, sets, in_use)
    need += counts["fetch_images"] * image_bytes(IMAGES.shape, IMAGES.train + IMAGES.test, IMAGES.dtype)
    trainings = [job for job in jobs if job.rule.name == "train_model"]
    need += sum(model_bytes(SIZES[job.wildcards.network].parameters) for job in trainings)
    replaced = [path for job in jobs if job not in extended for path in job.output]
    check_room(max(0, need - existing_bytes(map(original_of, replaced))), Path(original_of("results")))


def memory_of(job):
    """MB that a job asks for."""
    return job.resources.get("mem_mb") or 0


def share_memory():
    """Let no more jobs run at a time on this machine than its memory has room for.

    A job that asks for more runs alone. With --resources mem_mb=..., it is as people say.
    """
    if workflow.global_resources.get("mem_mb").value is not None:
        return
    scheduler, memory = workflow.scheduler, memory_here()
    scheduler.global_resources["mem_mb"] = scheduler.resources["mem_mb"] = memory
    for job in workflow.dag.needrun_jobs():
        if memory_of(job) > memory:
            job.scheduler_resources["mem_mb"] = memory  # what it asks for stays in job.resources


def expect_sweep(extended):
    """The jobs of this sweep with what is expected of them, and whether earlier trainings say so of each.

    extended: the epochs after which trainings go on.
    """
    dag = workflow.dag
    seconds = rule_seconds(IMAGES, NOISE["kind"], CEILING_IMAGES)
    needed = list(dag.needrun_jobs())
    # On a cluster, a slot is a training and not a core.
    threads = {job.rule.name: job.threads if cores_here() else 1 for job in needed}
    of_training, results = threads.get("train_model", 1), Path(original_of("results"))
    earlier = {
        name: earlier_epochs(results, IMAGES, name, NETWORKS[name], TRAINING[name], of_training, cpu_model())
        for name in {job.wildcards.network for job in needed if job.rule.name == "train_model"}
    }
    jobs, known = {}, True
    for job in needed:
        name, expected, epochs, log = job.rule.name, seconds.get(job.rule.name, 0.0), 0, ""
        network, done = job.wildcards.get("network", ""), extended.get(job, 0)
        if name == "train_model":
            draw, epochs = job.wildcards.draw, TRAINING[network]["epochs"]
            # With a storage, a log on another machine comes when its job has ended.
            log = job.log[0] if cores_here() else original_of(job.log[0])
            epoch = earlier[network].get(draw)
            known = known and epoch is not None
            tests = len(scales_of(run_of(job.wildcards)))
            epoch = epoch or epoch_seconds(IMAGES, SIZES[network], draw, of_training, tests)
            expected = training_seconds(epochs - done, epoch)
        elif name == "evaluate_models":
            expected = evaluation_seconds(TESTED, SIZES[network], MODELS_TESTED, TESTS)
        elif name == "evaluate_filters":
            expected = filter_seconds(IMAGES, FILTERS)
        elif name in ("check_trained", "evaluate_trained"):
            images = IMAGES.train if name == "check_trained" else TRAINED_TESTS * TESTED.test
            expected = trained_seconds(COSTS[job.wildcards.network].seconds, images, threads[name])
        needs = frozenset(dag.jobid(other) for other in dag.dependencies[job])
        jobs[dag.jobid(job)] = Job(
            name, expected, threads[name], epochs, log, needs, job.restart_times, network, done
        )
    return Sweep(jobs, cores_here()), known


def may_stop_early():
    """Whether any training of this sweep has early stopping."""
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "train_model"]
    return any("early_stopping" in TRAINING[job.wildcards.network] for job in jobs)


onstart:
    if other_run:
        sys.exit(f"ERROR: {other_run}")
    if workflow.executor_plugin.name == "slurm" and (seconds := slurm_forgets()):
        sys.exit(
            f"ERROR: This Slurm has no accounting database, and forgets a job {seconds} s after its end (MinJobAge). "
            "Snakemake might wait for it forever. Use profiles/generic."
        )
    found = extensions()
    extended = {job: extension.done for job, extension in found.items() if extension.done}
    check_disk(extended)
    largest = max(workflow.dag.needrun_jobs(), key=memory_of)
    say_cores(cores_here())
    if cores_here():
        trained = {
            job.wildcards.network for job in workflow.dag.needrun_jobs() if job.rule.name == "train_model"
        }
        say_precision([name for name in NETWORKS if name in trained and "precision" in NETWORKS[name]])
    say_memory(job_name(largest), memory_of(largest), memory_of_one() if cores_here() else None)
    if cores_here():
        share_memory()
    progress.sweep, known = expect_sweep(extended)
    print(say_duration(progress.sweep, known, cores_here(), may_stop_early()), file=sys.stderr)
    keep_beginnings(found.values())


onsuccess:
    if any(COMPARISON == name_of(path) for job in workflow.dag.jobs for path in job.output):
        write_cost(Path(original_of("logs")), original_of(COST))
    end_run()
