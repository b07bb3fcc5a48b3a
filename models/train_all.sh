#!/bin/bash
# From photographs (CUPCHECK_DATA) to a calibrated bundle and the demo's cups.
#   models/train_all.sh             with the trained items network of models/checkpoint and the bundle's detector: about an hour on two free cores
#   RETRAIN=1 models/train_all.sh   trains those two as well: about two hours more
# Stop it and start it again: it goes on from what is in models/.cache (or CUPCHECK_CACHE).
set -euo pipefail
cd "$(dirname "$0")"
: "${CUPCHECK_DATA:?set it to the folder that holds index.csv}"
export OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592
cache="${CUPCHECK_CACHE:-.cache}"
python=${PYTHON:-/usr/bin/python3}
export PYTHON=$python
bundle=${BUNDLE:-bundles/first}
cups() { # FOLDER SEED CUPS SPLIT SOURCE KINDS [more options]
  [ -e "$1/truth.jsonl" ] || "$python" -m generate.cups --out "$1" --seed "$2" --cups "$3" --split "$4" --source "$5" --kinds "$6" "${@:7}"
}
if [ -n "${RETRAIN:-}" ]; then
  "$python" -m train.train_items --steps 3500
  "$python" -m train.checkpoint
  "$python" -m train.detector_data
  "$python" -m train.train_detector --steps 1500
fi
"$python" -m train.export --out $bundle
# what the station itself sees of held-back coins decides tolerances, floors and look-alikes
cups "$cache/mixed-photographs" 51 130 choosing photographs mixed=1 --look 2
cups "$cache/mixed-rendered" 51 50 choosing rendered mixed=1 --look 2
for pool in photographs rendered; do node items_seen.mjs "$cache/mixed-$pool" "$cache/seen-$pool" $bundle; done
"$python" -m train.choose --bundle $bundle --seen "$cache/seen-photographs" --seen "$cache/seen-rendered"
bash train/train_heads.sh $bundle
"$python" -m train.half --bundle $bundle
# calibration: look 2 mostly, look 1 and cups full of others' coins besides; no sisters of another year, which no threshold stops (decision 0110)
kinds="clean=3,one_impostor=5,whole_wrong=3,foreign=2,unknown_design=3"
cups "$cache/cups-photographs" 21 600 calibration photographs $kinds --look 2
cups "$cache/cups-rendered" 21 320 calibration rendered $kinds --look 2
for pool in photographs rendered; do cups "$cache/orders-$pool" 22 300 calibration $pool wrong_order=1 --look 2; done
cups "$cache/impostors-photographs" 24 1800 calibration photographs one_impostor=7,unknown_design=1,foreign=1 --look 2
cups "$cache/more-photographs" 901 400 calibration photographs clean=2,one_impostor=1,overlap=1,foreign=0.3
for pool in photographs rendered; do
  judged=()
  for set in cups orders more impostors; do
    [ -e "$cache/$set-$pool" ] || continue
    ../bin/cupcheck evaluate "$cache/$set-$pool" --bundle $bundle --judge all --threshold=-1000 --cups-out "$cache/$set-$pool.jsonl" || [ $? -eq 1 ]
    judged+=("$cache/$set-$pool.jsonl")
  done
  cat "${judged[@]}" >"$cache/$pool.jsonl"
done
"$python" choose_judge.py --bundle $bundle --cups "$cache/photographs.jsonl"
for pool in photographs rendered; do
  # the bundle's own judge first: the others serve under its names
  own=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1] + "/manifest.json"))["judge"]["name"])' "$bundle")
  "$python" calibrate.py --bundle $bundle --pool "$pool" --cups "$cache/$pool.jsonl"
  for judge in $("$python" -c 'import json, sys; print(*sorted({json.loads(line)["judge"] for line in open(sys.argv[1])} - {sys.argv[2]}))' "$cache/$pool.jsonl" "$own"); do
    "$python" calibrate.py --bundle $bundle --pool "$pool" --cups "$cache/$pool.jsonl" --judge "$judge"
  done
done
# which years are not read (decision 0132)
cups "$cache/years-rendered" 23 160 calibration rendered other_year=1 --look 2
../bin/cupcheck evaluate "$cache/years-rendered" --bundle $bundle --threshold=-1000 --cups-out "$cache/years-rendered.jsonl" || [ $? -eq 1 ]
"$python" unread.py --bundle $bundle --cups "$cache/years-rendered.jsonl"
[ "$bundle" != bundles/first ] || "$python" -m generate.demo --out demo
