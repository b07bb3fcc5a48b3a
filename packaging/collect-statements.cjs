// Holds better-sqlite3 to what a station needs of it: its objects may be collected by a task of the platform, as an idle
// collection does it (docs/decisions/0107). usage: node --expose-gc collect-statements.cjs BETTER-SQLITE3
const Database = require(process.argv[2]);
const db = new Database(':memory:');
for (let i = 0; i < 2000; i++) db.prepare(`SELECT ${i}`).get();
globalThis.gc({ type: 'major', execution: 'async' });
