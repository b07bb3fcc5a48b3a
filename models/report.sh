#!/usr/bin/env bash
# Measures the shipped bundle on photographs that training never saw and writes models/REPORT.md.
#   CUPCHECK_DATA=/path/to/photographs models/report.sh
# Takes some ten minutes on two cores. The same commit and data give the same verdicts.
set -euo pipefail
cd "$(dirname "$0")"
: "${CUPCHECK_DATA:?names the folder of the photographs (see models/README.md)}"
work=${WORK:-$PWD/.cache/report}
cupcheck=../bin/cupcheck
mkdir -p "$work"
seed=31 cups=1000
make_cups="python3 -m generate.cups --seed $seed --cups $cups --split test-photo --source photographs"
[ -e "$work/test/truth.jsonl" ] || /usr/bin/$make_cups --out "$work/test"
"$cupcheck" evaluate "$work/test" --cups-out "$work/test.jsonl" >"$work/test.txt" 2>"$work/test.log" || [ $? -eq 1 ]
python3 slices.py "$work/test.jsonl" >"$work/slices.txt"
# the first cups again, without the scale
mkdir -p "$work/part"
head -n 300 "$work/test/truth.jsonl" >"$work/part/truth.jsonl"
ln -sf "$work"/test/*.jpg "$work/part/"
"$cupcheck" evaluate "$work/part" --no-scale --override not_covered >"$work/no-scale.txt" 2>>"$work/test.log" || [ $? -eq 1 ]
scenes="$work/euro-boxed"
mkdir -p "$scenes"
cp -u "$CUPCHECK_DATA"/scenes/euro-boxed/*.jpg "$scenes/"
cp "$CUPCHECK_DATA/scenes/euro-boxed/boxes.jsonl" "$scenes/truth.jsonl"
"$cupcheck" evaluate "$scenes" --detector >"$work/scenes.txt" 2>>"$work/test.log" || [ $? -eq 1 ]
section() { printf '\n## %s\n\n`%s`\n\n```\n' "$1" "$2"; cat "$3"; printf '```\n'; }
{
  echo '# What the shipped bundle does'
  echo
  echo "Written by \`models/report.sh\` at commit $(git rev-parse --short HEAD). Every line in a box is a command's own output."
  echo
  echo 'The cups are composites of studio photographs with their light baked in. No real cup has been measured.'
  echo 'The coins are those of the split `test-photo`: other coins of the trained designs, never seen in training or calibration.'
  section 'Cups of coins that training never saw, size used' "$make_cups, then cupcheck evaluate" "$work/test.txt"
  section 'By wear and by number of coins' 'python3 slices.py' "$work/slices.txt"
  section 'The first 300 of these cups without a calibrated scale' 'cupcheck evaluate --no-scale' "$work/no-scale.txt"
  section 'Real scenes: euro coins lying together (detector alone)' 'cupcheck evaluate --detector scenes/euro-boxed' "$work/scenes.txt"
  printf '\n## The thresholds and what they rest on\n\n```json\n'
  python3 -c 'import json; print(json.dumps(json.load(open("bundles/first/manifest.json"))["thresholds"], indent=1))'
  printf '```\n'
  echo
  echo 'What was tried, and what each rule is worth: [RECORD.md](RECORD.md).'
} >REPORT.md
echo 'models/REPORT.md is written'
