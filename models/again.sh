#!/bin/bash
# Builds the bundle a second time from the same photographs, and says whether it is the same: its files byte by byte, its thresholds, floors and
# margins. Ends with 1 where it is not. Cups and cut-outs of the first time are used again (CUPCHECK_CACHE), nothing that a network saw or learned.
set -euo pipefail
cd "$(dirname "$0")"
: "${CUPCHECK_DATA:?set it to the folder that holds index.csv}"
cache=$(realpath "${CUPCHECK_CACHE:-.cache}")
heads=$(realpath "${CUPCHECK_HEADS:-$cache/heads}")
python=${PYTHON:-/usr/bin/python3}
again=$cache/again
rm -rf "$again"
mkdir -p "$again/heads"
ln -s "$cache"/items.npz "$cache"/composed-* "$again/"
[ ! -e "$cache/detector.pt" ] || ln -s "$cache/detector.pt" "$again/"
for folder in "$cache"/*/truth.jsonl; do ln -s "$(dirname "$folder")" "$again/"; done
for folder in "$heads"/*/truth.jsonl; do ln -s "$(dirname "$folder")" "$again/heads/"; done
records=$(mktemp -d)
cp ablations.json RECORD-heads.md "$records/"
trap 'cp "$records"/* .; rm -rf "$records"' EXIT
BUNDLE=$again/bundle CUPCHECK_CACHE=$again CUPCHECK_HEADS=$again/heads ABLATE='' ./train_all.sh >"$cache/again.log" 2>&1 || { tail -5 "$cache/again.log" && exit 2; }
"$python" -m report.again bundles/first "$again/bundle"
