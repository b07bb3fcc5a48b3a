import { badInput } from './exit-codes.js';
import { sayWhenInterrupted } from './interrupt.js';
import { runCli } from './program.js';
import { processTerminal } from './terminal.js';

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`), or a terminal that is gone, is no error.
    if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(0);
    if (stream === process.stdout) process.stderr.write(`cupcheck: the output cannot be written: ${error.message}\n`);
    process.exit(badInput);
  });

// A bar may stand where the line is said.
sayWhenInterrupted((line) => process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${line}\n`));

process.exitCode = await runCli(process.argv.slice(2), processTerminal(), process.env);
