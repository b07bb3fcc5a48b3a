import type { Finding } from './station-verbs.js';

export const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail, help: null });
export const warn = (check: string, detail: string, help: string): Finding => ({ check, state: 'warn', detail, help });
export const fail = (check: string, detail: string, help: string): Finding => ({ check, state: 'fail', detail, help });
