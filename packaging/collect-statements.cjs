// Holds better-sqlite3 to what a station needs of it: its objects may be collected by a task of the platform, as an idle
// collection does it (docs/decisions/0107). usage: node --expose-gc collect-statements.cjs BETTER-SQLITE3
const Database = require(process.argv[2]);
const db = new Database(':memory:');
// The task is not what keeps the process alive.
const alive = setInterval(() => undefined, 1000);
(async () => {
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 500; i++) db.prepare(`SELECT ${i}`).get();
    await globalThis.gc({ type: 'major', execution: 'async' });
  }
  clearInterval(alive);
})();
