#!/usr/bin/env bash
# Guess: snakemake --keep-incomplete leaves the half file of a failed job to be looked at, and remembers that it is incomplete: the
# next run refuses it with IncompleteFilesException, or makes it again. It remembers nothing. The next plain run takes the half
# file for a finished output, reads it in the next rule, and ends with "100% done" and exit status 0. Only where Snakemake
# itself was killed while the job ran does the next run refuse the file. The option's help says that
# incomplete output files of failed jobs are not removed; not that Snakemake takes them for complete from then on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check snakemake==9.27.1
mkdir workflow && cd workflow
cat >Snakefile <<'END'
rule all:
    input: "copy.txt"

rule write:
    output: "text.txt"
    shell: "echo half >{output}; [ -e killed ] && sleep 60; [ ! -e cause ]; echo whole >>{output}"

rule copy:
    input: "text.txt"
    output: "copy.txt"
    shell: "cp {input} {output}"
END
run() { # its exit status, and what it said in ../said.txt
    local status=0
    ../venv/bin/snakemake --cores 1 "$@" >../said.txt 2>&1 || status=$?
    echo "$status"
}
echo "Snakemake $(../venv/bin/snakemake --version), a rule that fails after half of its output, then again without the cause:"
for way in "failed" "failed, --keep-incomplete" "killed"; do
    rm -rf .snakemake ./*.txt killed
    touch cause
    if [ "$way" = killed ]; then
        touch killed
        setsid ../venv/bin/snakemake --cores 1 >/dev/null 2>&1 &
        until [ -e text.txt ]; do sleep 0.2; done
        kill -KILL -- "-$!"
        wait "$!" 2>/dev/null || true
        ../venv/bin/snakemake --unlock >/dev/null 2>&1
    elif [ "$way" = "failed, --keep-incomplete" ]; then
        [ "$(run --keep-incomplete)" = 1 ]
    else
        [ "$(run)" = 1 ]
    fi
    rm -f cause killed
    again=$(run)
    result=$(paste -sd ' ' copy.txt 2>/dev/null || true)
    echo "$way: exit status $again, $(grep -o -m 1 -E 'IncompleteFilesException|\(100%\) done' ../said.txt), copy.txt: ${result:-none}"
    case $way in
    failed) [ "$again $result" = "0 half whole" ] ;;
    killed) [ "$again" = 1 ] && [ -z "$result" ] && grep -q IncompleteFilesException ../said.txt ;;
    *) [ "$again $result" = "0 half" ] ;;
    esac
done
