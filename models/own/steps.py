"""Steps that are kept: one that was done with the same inputs is not done again, and all behind one that changed are."""
import hashlib
import json
import shutil
import time


class Steps:
    def __init__(self, work, total, say):
        self.work, self.total, self.say, self.number = work, total, say, 0
        self.key = ""
        self.file = work / "steps.json"
        self.done = json.loads(self.file.read_text()) if self.file.is_file() else {}

    def _keep(self):
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(self.done, indent=1))
        part.rename(self.file)

    def run(self, name, inputs, outputs, action):
        """`inputs`: what it depends on beside the steps before (as JSON); `outputs`: files and folders of the work folder that it writes.

        A step that was begun with the same inputs and cut off keeps what it wrote, and may go on from it.
        """
        self.number += 1
        self.key = hashlib.sha256(json.dumps([self.key, name, inputs], sort_keys=True).encode()).hexdigest()
        head = f"[{self.number}/{self.total}] {name}"
        if self.done.get(name) == self.key and all((self.work / o).exists() for o in outputs):
            self.say(f"{head}: kept")
            return
        self.say(head)
        if self.done.get(name) != "begun " + self.key:
            for o in outputs:
                for path in (self.work / o, self.work / f"{o}.part"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self.done[name] = "begun " + self.key
        self._keep()
        start = time.time()
        action()
        self.done[name] = self.key
        self._keep()
        self.say(f"      done in {time.time() - start:.0f} s")
