#!/bin/bash
# From photographs (CUPCHECK_DATA) to a calibrated bundle and the demo's cups. About 70 minutes on two cores.
# Stop it and start it again: it goes on from its checkpoints in models/.cache (or CUPCHECK_CACHE).
set -euo pipefail
cd "$(dirname "$0")"
: "${CUPCHECK_DATA:?set it to the folder that holds index.csv}"
export OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592
cache="${CUPCHECK_CACHE:-.cache}"
python3 -m train.train_items --steps 1900
python3 -m train.detector_data
python3 -m train.train_detector --steps 1500
python3 -m train.export --out bundles/first
# what the station itself sees of held-back coins decides tolerances, floors and look-alikes
for pool in photographs rendered; do
  python3 -m generate.cups --out "$cache/mixed-$pool" --seed 51 --cups "$([ $pool = photographs ] && echo 130 || echo 50)" --split choosing --source "$pool" --kinds mixed=1
  node items_seen.mjs "$cache/mixed-$pool" "$cache/seen-$pool" bundles/first
done
python3 -m train.choose --bundle bundles/first --seen "$cache/seen-photographs" --seen "$cache/seen-rendered"
kinds="clean=3,one_impostor=5,whole_wrong=3,foreign=2,unknown_design=3"
for pool in photographs rendered; do
  python3 -m generate.cups --out "$cache/cups-$pool" --seed 21 --cups "$([ $pool = photographs ] && echo 600 || echo 320)" --split calibration --source "$pool" --kinds "$kinds"
  ../bin/cupcheck evaluate "$cache/cups-$pool" --bundle bundles/first --cups-out "$cache/$pool.jsonl" || [ $? -eq 1 ]
  python3 calibrate.py --bundle bundles/first --pool "$pool" --cups "$cache/$pool.jsonl"
done
python3 -m generate.demo --out demo
