"""Whether two bundles judge alike because they are alike: python3 -m report.again BUNDLE BUNDLE

Compared are all files, byte by byte, and all of the manifest but when, from which commit and how fast it was made. Ends with 1 where they differ.
"""
import argparse
import json
from pathlib import Path

TOLD = ("created", "provenance")  # of the making; neither is read by a judge


def differences(one, other):
    """Lines that say in what two bundles' folders differ."""
    manifests = [json.loads((Path(folder) / "manifest.json").read_text()) for folder in (one, other)]
    for key in sorted({*manifests[0], *manifests[1]} - {*TOLD, "files"}):
        if manifests[0].get(key) != manifests[1].get(key):
            yield f"{key} of the manifest"
    for name in sorted({name for m in manifests for name in m["files"]}):
        contents = [(Path(folder) / name).read_bytes() if (Path(folder) / name).is_file() else None for folder in (one, other)]
        if contents[0] != contents[1]:
            yield name


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("one")
    args.add_argument("other")
    a = args.parse_args()
    found = list(differences(a.one, a.other))
    files = len(json.loads((Path(a.one) / "manifest.json").read_text())["files"])
    print("\n".join(f"differs: {line}" for line in found) or f"the same: {files} files byte by byte, and all of the manifest that a judge reads")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
