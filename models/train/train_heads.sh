#!/bin/bash
# The networks of the other judges, on the frozen trunk of a bundle that `train_all.sh` made. Some twenty minutes on two cores; ABLATE=1 also
# tries the options of each head, which takes an hour more.
# Features, cups and logs are kept in CUPCHECK_HEADS (or the cache's folder heads): start it again and it goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${CUPCHECK_DATA:?set it to the folder that holds index.csv}"
export OMP_WAIT_POLICY=PASSIVE CUPCHECK_HEADS="${CUPCHECK_HEADS:-${CUPCHECK_CACHE:-.cache}/heads}"
cups() { # NAME SPLIT SEED COUNT SOURCE: cups for the scene network, in its own scale; pictures of 1280×960 would only be made smaller
  [ -f "$CUPCHECK_HEADS/$1/truth.jsonl" ] || "${PYTHON:-/usr/bin/python3}" -m generate.cups --out "$CUPCHECK_HEADS/$1" --split "$2" --seed "$3" --cups "$4" --source "$5" \
    --look 2 --kinds clean=7,one_impostor=3,unknown_design=1 --px-per-mm 3.5 --width 640 --height 480
}
cups scenes-photographs train 71 1500 photographs
cups scenes-rendered train 73 160 rendered
cups scenes-choosing choosing 72 160 photographs
"${PYTHON:-/usr/bin/python3}" -m train.heads --bundle "${1:-bundles/first}" ${ABLATE:+--ablate} --scenes "$CUPCHECK_HEADS/scenes-photographs" --scenes "$CUPCHECK_HEADS/scenes-rendered" \
  --held-back "$CUPCHECK_HEADS/scenes-choosing"
