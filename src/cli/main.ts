import { runCli } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that has seen enough (`| head`), or a terminal that is gone, is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    process.exit(0);
  });

process.exitCode = await runCli(process.argv.slice(2), processTerminal(), process.env);
