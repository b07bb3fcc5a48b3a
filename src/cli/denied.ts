import type { CupcheckError } from '../errors.js';

/** Whether an error comes of what the user who typed the command may not read or write; nothing is denied to root. */
export function isDenied(error: CupcheckError): boolean {
  if (process.geteuid?.() === 0) return false;
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if ('code' in at && (at.code === 'EACCES' || at.code === 'EPERM')) return true;
  return false;
}

/** What to do then, whatever else the error's own help says. */
export const deniedHelp = 'Your user may not read or write that. Run the command with sudo.';
