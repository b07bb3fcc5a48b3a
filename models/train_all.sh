#!/bin/bash
# From photographs (CUPCHECK_DATA) to a calibrated bundle and the demo's cups. About two and a half hours on two cores.
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
bash train/train_heads.sh bundles/first
kinds="clean=3,one_impostor=5,whole_wrong=3,foreign=2,unknown_design=3"
for pool in photographs rendered; do
  python3 -m generate.cups --out "$cache/cups-$pool" --seed 21 --cups "$([ $pool = photographs ] && echo 600 || echo 320)" --split calibration --source "$pool" --kinds "$kinds"
  # designs without a coin in the split are tried too, by cups full of others' coins
  python3 -m generate.cups --out "$cache/orders-$pool" --seed 22 --cups 300 --split calibration --source "$pool" --kinds wrong_order=1
  sets=(cups orders)
  if [ "$pool" = photographs ]; then
    python3 -m generate.cups --out "$cache/more-$pool" --seed 901 --cups 400 --split calibration --source "$pool" --kinds clean=2,one_impostor=1,overlap=1,foreign=0.3
    sets+=(more)
  fi
  for cups in "${sets[@]}"; do
    ../bin/cupcheck evaluate "$cache/$cups-$pool" --bundle bundles/first --judge all --threshold=-1000 --cups-out "$cache/$cups-$pool.jsonl" || [ $? -eq 1 ]
  done
  : >"$cache/$pool.jsonl"
  for cups in "${sets[@]}"; do cat "$cache/$cups-$pool.jsonl" >>"$cache/$pool.jsonl"; done
  # the bundle's own judge first: the others serve under its names
  own=$(python3 -c 'import json; print(json.load(open("bundles/first/manifest.json"))["judge"]["name"])')
  python3 calibrate.py --bundle bundles/first --pool "$pool" --cups "$cache/$pool.jsonl"
  for judge in $(python3 -c 'import json, sys; print(*sorted({json.loads(line)["judge"] for line in open(sys.argv[1])} - {sys.argv[2]}))' "$cache/$pool.jsonl" "$own"); do
    python3 calibrate.py --bundle bundles/first --pool "$pool" --cups "$cache/$pool.jsonl" --judge "$judge"
  done
done
python3 -m generate.demo --out demo
