#!/bin/sh
# Prints the state of a job of Grid Engine for Snakemake: running, success or failed.
# Usage: status.sh NUMBER

jobs=$(qstat) || { echo running; exit; } # the master does not answer: ask again later
case $(echo "$jobs" | awk -v number="$1" '$1 == number { print $5 }') in
*E*) # it could not start, and would wait in the queue for ever
    qdel "$1" >&2
    echo failed
    exit
    ;;
?*)
    echo running
    exit
    ;;
esac

# It has ended. The master writes its record some seconds later (15 by default).
for try in 1 2 3 4 5 6 7 8 9 10; do
    record=$(qacct -j "$1" 2>/dev/null) && break
    record=
    sleep 3
done
# A job number may have come up before: the last record counts. A job that qdel -f has removed from a dead host has
# a record of success, but took no time: + 0 reads the number in "12.345s".
echo "$record" | awk '
    $1 == "failed" { failed = $2 }
    $1 == "exit_status" { status = $2 }
    $1 == "ru_utime" { seconds = $2 + 0 }
    END { print (seconds > 0 && failed == 0 && status == 0) ? "success" : "failed" }'
[ "$record" ] || echo "qacct has no record of job $1, which is taken for failed. Make the accounting readable here." >&2
