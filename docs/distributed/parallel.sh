#!/bin/bash
# One sweep through GNU parallel: on this machine, or with --sshlogin on several that share the folder.
#
#   parallel.sh SCENARIO FOLDER SHARDS [further arguments of seatrial sweep]
#   seatrial merge FOLDER/shard-* --out RESULTS
#
# Once more after an interruption, it goes on where it was.
set -euo pipefail
scenario=$1
folder=$2
shards=$3
shift 3
mkdir -p "$folder"
seq "$shards" | parallel --jobs "${JOBS:-100%}" ${SEATRIAL:-seatrial} sweep "$scenario" --shard "{}/$shards" --jobs 1 --out "$folder/shard-{}" "$@"
