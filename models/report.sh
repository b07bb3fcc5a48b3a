#!/usr/bin/env bash
# Measures the shipped bundle on coins that training never saw, by every judge, and writes models/REPORT.md.
#   CUPCHECK_DATA=/path/to/photographs models/report.sh
# Takes about an hour on two cores; what is there is used again, and an interrupted run goes on. The same commit and data give the same
# verdicts. WORK: where the cups and pages go (default models/.cache/report). CUPS, CUPS_MORE, CUPS_RENDERED: fewer cups, for a try.
set -euo pipefail
cd "$(dirname "$0")"
: "${CUPCHECK_DATA:?names the folder of the photographs (see models/README.md)}"
work=${WORK:-$PWD/.cache/report}
python=${PYTHON:-/usr/bin/python3}
out=${OUT:-REPORT.md}
cupcheck=../bin/cupcheck
bundle=bundles/first
mkdir -p "$work"
lowest=-1000000000 # so low that it stops nothing: every threshold can be told from the outcomes
commit=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- .. || commit="$commit with changes"
run=$(sha256sum "$bundle/manifest.json" | cut -c1-12)-${commit// /-}

made=()
cups() { # FOLDER SEED CUPS SOURCE [more options]
  local command="python3 -m generate.cups --seed $2 --cups $3 --split test-photo --source $4 ${*:5}"
  made+=(--made "$command")
  [ -e "$work/$1/truth.jsonl" ] || "$python" ${command#python3 } --out "$work/$1"
  local found
  found=$(wc -l <"$work/$1/truth.jsonl")
  [ "$found" -eq "$3" ] || { echo "$work/$1 holds $found cups, wanted $3: remove it, or set CUPS, CUPS_MORE, CUPS_RENDERED" >&2 && exit 2; }
}
# An evaluation ends with 1 where a cup is a false green; that is a result.
evaluate() { "$cupcheck" evaluate "$@" 2>>"$work/evaluate.log" || [ $? -eq 1 ]; }
judged() { # FOLDER NAME [more options]: every outcome, by the bundle's own judge unless told otherwise
  local folder=$1 name=$2
  shift 2
  # What other code judged is not taken for this.
  case $commit in *changes) rm -f "$work/$name-$run.jsonl" ;; esac
  [ -e "$work/$name-$run.jsonl" ] ||
    evaluate "$folder" --bundle "$bundle" --threshold "$lowest" --cups-out "$work/$name-$run.jsonl" "$@" >"$work/$name.txt"
}
by_all() { judged "$@" --judge all; }
first() { # COUNT NAME: the first cups alone
  rm -rf "${work:?}/$2"
  mkdir -p "$work/$2"
  head -n "$1" "$work/photographs/truth.jsonl" >"$work/$2/truth.jsonl"
  ln -s "$work"/photographs/*.jpg "$work/$2/"
}

cups test 31 "${CUPS:-1000}" photographs
cups test2 32 "${CUPS_MORE:-4000}" photographs --look 2
cups rendered 33 "${CUPS_RENDERED:-400}" rendered --look 2
cups crowded 35 "${CUPS_CROWDED:-120}" photographs --look 2 --kinds mixed=3,overlap=1
cups impostors 36 "${CUPS_IMPOSTORS:-1400}" photographs --look 2 --kinds one_impostor=1
cups years 34 "${CUPS_YEARS:-120}" rendered --look 2 --kinds clean=1,other_year=3
"$python" -m report.merge "$work/photographs" "a=$work/test" "b=$work/test2"
made+=(--made "cupcheck evaluate --judge all --threshold $lowest")

by_all "$work/photographs" photographs --report "$work/photographs.html"
by_all "$work/rendered" rendered --report "$work/rendered.html"
by_all "$work/years" years
judged "$work/impostors" impostors
first 100 timing
by_all "$work/timing" timing --jobs 1
first "${CUPS_DESIGNS:-1000}" known
known=()
for count in 10 50; do # the bundle knows fewer than 100
  by_all "$work/known" "known-$count" --designs "$count"
  known+=(--known "$count=$work/known-$count-$run.jsonl")
done
judged "$work/known" half --precision fp16
[ -e "$work/enrolled/enrolled.json" ] || "$python" enrol_study.py --out "$work/enrolled"
first 300 no-scale
evaluate "$work/no-scale" --bundle "$bundle" --no-scale --override not_covered >"$work/no-scale.txt"
scenes="$work/euro-boxed"
mkdir -p "$scenes"
cp -u "$CUPCHECK_DATA"/scenes/euro-boxed/*.jpg "$scenes/"
cp "$CUPCHECK_DATA/scenes/euro-boxed/boxes.jsonl" "$scenes/truth.jsonl"
evaluate "$scenes" --bundle "$bundle" --detector >"$work/scenes.txt"
evaluate "$work/crowded" --bundle "$bundle" --detector >"$work/crowded.txt"

"$python" -m report.write --out "$out" --bundle "$bundle" --commit "$commit" "${made[@]}" \
  --photographs "$work/photographs-$run.jsonl" --rendered "$work/rendered-$run.jsonl" --timing "$work/timing-$run.jsonl" \
  "${known[@]}" --no-scale "$work/no-scale.txt" --scenes "$work/scenes.txt" --crowded "$work/crowded.txt" --ablations ablations.json --attempts attempts.json --enrolled "$work/enrolled/enrolled.json" \
  --impostors "$work/impostors-$run.jsonl" --years "$work/years-$run.jsonl" --half "$work/half-$run.jsonl"
