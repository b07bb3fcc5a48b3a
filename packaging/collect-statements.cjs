// Holds better-sqlite3 to what a station needs of it: its objects may be collected by a task of the platform, as an idle
// collection does it (docs/decisions/0107). usage: node --expose-gc collect-statements.cjs BETTER-SQLITE3
const Database = require(process.argv[2]);
const db = new Database(':memory:');
// A promise that waits for a collection does not keep the process alive.
const alive = setInterval(() => undefined, 1000);
let rounds = 10;
function collect() {
  for (let i = 0; i < 5000; i++) db.prepare(`SELECT ${i}`).get();
  globalThis.gc({ type: 'major', execution: 'async' }).then(() => {
    if (--rounds > 0) setTimeout(collect, 1);
    else clearInterval(alive);
  });
}
collect();
