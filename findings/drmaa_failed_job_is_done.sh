#!/usr/bin/env bash
# Guess: a job that ends with exit status 1 has failed, also for Snakemake's executor plugin for DRMAA. There, it is done. The
# plugin asks for DRMAA's state of the job and never for its exit status, and in Grid Engine's libdrmaa the state is "done" for
# every job that ended by itself. Snakemake has removed the outputs on the node, so its message speaks of a slow file system.
# With --keep-incomplete, which keeps the outputs of failed jobs, nothing is missing: the workflow ends with "100% done", exit
# status 0, and half a file. DRMAA's states are "finished normally" and "finished, but failed", with no word on exit statuses;
# nor has the plugin's page one.
# Needs a Debian with apt-get. Grid Engine runs from a temporary folder, as the user who runs this.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p packages root/default/common database master/job_scripts host workflow
(cd packages && apt-get download --quiet=2 gridengine-{master,exec,client,common,drmaa1.0} libjemalloc2 2>/dev/null)
for package in packages/*.deb; do dpkg --extract "$package" debian; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check snakemake==9.27.1 snakemake-executor-plugin-drmaa==0.1.5

programs=$folder/debian/usr/lib/gridengine shared=$folder/debian/usr/share/gridengine host=$(hostname)
export SGE_ROOT=$folder/root SGE_CELL=default SGE_ARCH=lx-amd64 SGE_ND=1 SGE_QMASTER_PORT=16444 SGE_EXECD_PORT=16445
export LD_LIBRARY_PATH=$programs PATH=$programs:$PATH
ln -s "$shared/util" root/util
echo "$host" >root/default/common/act_qmaster
echo "$host $(getent hosts "$host" | awk '{print $2}') localhost" >root/default/common/host_aliases
cat >root/default/common/bootstrap <<END
admin_user none
default_domain none
ignore_fqdn true
spooling_method berkeleydb
spooling_lib libspoolb
spooling_params $folder/database
binary_path $programs
qmaster_spool_dir $folder/master
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
END
changed() { # settings, with other values for some of the names
    awk -v changes="$*" 'BEGIN {n = split(changes, pair, " "); for (i = 1; i < n; i += 2) new[pair[i]] = pair[i + 1]}
        $1 in new {$0 = $1 " " new[$1]} {print}'
}
changed execd_spool_dir "$folder/host" min_uid 0 min_gid 0 mailer /bin/true <"$shared/default-configuration" >configuration
spoolinit berkeleydb libspoolb "$folder/database" init >/dev/null
for what in "configuration configuration" "complexes $shared/util/resources/centry" "usersets $shared/util/resources/usersets"; do
    spooldefaults $what >/dev/null
done
spooldefaults managers "$(id -un)" >/dev/null
sge_qmaster >/dev/null 2>&1 &
for try in $(seq 60); do qconf -sh >/dev/null 2>&1 && break; sleep 1; done
qconf -as "$host" >/dev/null 2>&1
cat >host.txt <<END
hostname $host
load_scaling NONE
complex_values slots=4
user_lists NONE
xuser_lists NONE
projects NONE
xprojects NONE
usage_scaling NONE
report_variables NONE
END
qconf -Ae host.txt >/dev/null 2>&1
qconf -ssconf | changed schedule_interval 0:0:1 flush_submit_sec 1 flush_finish_sec 1 >scheduler.txt
qconf -Msconf scheduler.txt >/dev/null 2>&1
qconf -sq | changed qname all.q hostlist "$host" slots 4 pe_list NONE shell /bin/bash shell_start_mode posix_compliant load_thresholds NONE >queue.txt
qconf -Aq queue.txt >/dev/null 2>&1
sge_execd >/dev/null 2>&1 &
for try in $(seq 60); do qstat -f | grep -q "^all.q.*lx-amd64 *$" && break; sleep 1; done

cd workflow
cat >Snakefile <<'END'
rule all:
    input: expand("out/{n}.txt", n=[1, 2, 3])

rule one:
    output: "out/{n}.txt"
    resources: mem_mb=100
    shell: "echo half >{output}; [ {wildcards.n} != 2 ]; echo whole >>{output}"
END
export DRMAA_LIBRARY_PATH=$folder/debian/usr/lib/gridengine-drmaa/lib/libdrmaa.so.1.0
echo "Snakemake 9.27.1, its plugin drmaa 0.1.5, Son of Grid Engine 8.1.9. Of three jobs, the second ends with exit status 1:"
for way in "one machine" "drmaa" "drmaa, --keep-incomplete"; do
    rm -rf out .snakemake
    options=(--cores 3 --keep-going)
    [ "$way" = "one machine" ] || options=(--executor drmaa --jobs 3 --keep-going --latency-wait 5)
    [ "$way" = "drmaa, --keep-incomplete" ] && options+=(--keep-incomplete)
    status=0
    LD_PRELOAD=$(find "$folder/debian" -name 'libjemalloc.so.2') ../venv/bin/snakemake "${options[@]}" >../said.txt 2>&1 || status=$?
    failed=$(grep -c "^Error in rule one" ../said.txt || true) done=$(grep -c "^Job 2  *completed successfully" ../said.txt || true)
    left=$(cd out && for file in *; do echo -n " $file: $(paste -sd ' ' "$file")"; done)
    echo "$way: exit status $status, Error in rule: $failed, completed successfully but files are missing: $done; left:$left"
    case $way in
    "one machine") [ "$status $failed" = "1 1" ] && [ ! -e out/2.txt ] ;;
    drmaa) [ "$status $failed $done" = "1 0 1" ] && [ ! -e out/2.txt ] ;;
    *) [ "$status" = 0 ] && [ "$(cat out/2.txt)" = half ] && grep -q "(100%) done" ../said.txt ;;
    esac
done
