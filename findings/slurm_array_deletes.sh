#!/usr/bin/env bash
# Guess: where one job of a Slurm array fails, Snakemake keeps what the others have written, as it does without arrays. It
# does not: the failed task deletes the output of the first job of the array. In each task run two Snakemakes. The inner one
# has the task's own job. The outer one has the first job of the array in all tasks, so when the inner one fails, the outer one
# reports that job as failed and removes its files "since they might be corrupted", though another task has just written them.
# The help of --slurm-array-jobs does not say so, nor does the plugin's page.
# Needs a Debian with apt-get. Slurm runs from a temporary folder, as the user who runs this, with no authentication.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
mkdir packages bin state spool workflow
(cd packages && apt-get download --quiet=2 slurmctld slurmd slurm-client slurm-wlm-basic-plugins 2>/dev/null)
for package in packages/*.deb; do dpkg --extract "$package" slurm; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0 \
    snakemake-executor-plugin-slurm-jobstep==0.6.1

plugins=$(dirname "$(find "$folder/slurm" -name auth_none.so)")
host=$(hostname -s)
cat >slurm.conf <<END
ClusterName=finding
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/none
CredType=cred/none
PluginDir=$plugins
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SlurmctldPidFile=$folder/slurmctld.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdPidFile=$folder/slurmd.pid
SlurmdLogFile=$folder/slurmd.log
SlurmdSpoolDir=$folder/spool
StateSaveLocation=$folder/state
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES State=UP
END
# The plugin clears Slurm's variables, so each command sets its own.
for command in srun sbatch squeue scancel scontrol sinfo sacct; do
    cat >"bin/$command" <<END
#!/bin/sh
export SLURM_CONF="$folder/slurm.conf" LD_LIBRARY_PATH="$plugins"
exec "$folder/slurm/usr/bin/$command" "\$@"
END
done
chmod +x bin/*
export PATH="$folder/bin:$PATH"
export SLURM_CONF="$folder/slurm.conf"
LD_LIBRARY_PATH="$plugins" slurm/usr/sbin/slurmctld-wlm -D >/dev/null 2>&1 &
LD_LIBRARY_PATH="$plugins" slurm/usr/sbin/slurmd-wlm -D -d "$folder/slurm/usr/sbin/slurmstepd-wlm" >/dev/null 2>&1 &
for try in $(seq 60); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && break
    sleep 1
done

cd workflow
cat >Snakefile <<'END'
rule all:
    input: expand("out/{n}.txt", n=[1, 2, 3, 4])

rule one:
    output: "out/{n}.txt"
    resources: mem_mb=100, runtime=5
    shell: "if [ {wildcards.n} = 3 ]; then sleep 20; exit 1; fi; echo {wildcards.n} > {output}"
END
echo "Snakemake 9.27.1, its plugin slurm 2.8.0, $(sinfo --version). Of four jobs, the third fails after 20 s:"
for way in "one by one" "as an array"; do
    rm -rf out .snakemake
    arrays=()
    [ "$way" = "one by one" ] || arrays=(--slurm-array-jobs all)
    status=0
    ../venv/bin/snakemake --executor slurm --jobs 4 --keep-going "${arrays[@]}" --slurm-status-command squeue \
        --slurm-init-seconds-before-status-checks 5 --seconds-between-status-checks 5 \
        --default-resources slurm_partition=main >../said.txt 2>&1 || status=$?
    left=$(cd out && echo *)
    echo "$way: exit status $status; left are $left"
    [ "$status" = 1 ]
    if [ "$way" = "one by one" ]; then [ "$left" = "1.txt 2.txt 4.txt" ]; else [ "$left" = "2.txt 4.txt" ]; fi
done
