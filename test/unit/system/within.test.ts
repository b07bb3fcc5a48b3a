import { describe, expect, it, vi } from 'vitest';
import type { StateDocument } from '../../../src/daemon/mqtt/documents.js';
import { circumstances } from '../../system/circumstances.js';
import { within } from '../../system/within.js';

const never = new Promise<never>(() => undefined);

describe('a wait of the system test', () => {
  it('gives what it waited for, asks nothing then, and leaves no timer', async () => {
    vi.useFakeTimers();
    const ask = vi.fn(() => Promise.resolve('all is well'));
    expect(await within(1000, 'a value', Promise.resolve(null), ask)).toBeNull();
    await expect(within(1000, 'a value', Promise.reject(new Error('it broke')), ask)).rejects.toThrow('it broke');
    expect(vi.getTimerCount()).toBe(0);
    expect(ask).not.toHaveBeenCalled();
    vi.useRealTimers();
  });

  it('ends in time, and tells how things stand', async () => {
    const stands = () => Promise.resolve('it is in fault');
    await expect(within(5, 'the station is ready', never, stands)).rejects.toThrow(
      /^not within 5 ms: the station is ready\nit is in fault$/,
    );
  });

  it('tells what it waited for also where nothing else can be told', async () => {
    const silent = () => Promise.reject(new Error('no answer'));
    await expect(within(5, 'green', never, silent)).rejects.toThrow(/^not within 5 ms: green\n.*no answer$/);
  });
});

describe('the circumstances of a station', () => {
  const state = { state: 'fault', health: 'fault', faults: [{ source: 'camera' }] } as unknown as StateDocument;

  it('are its last state, its units, and the end of its journal', async () => {
    const run = vi.fn(() => Promise.resolve({ code: 3, stdout: 'activating\nactive\nlast words\n', stderr: '' }));
    const told = await circumstances({ run }, state);
    expect(told).toContain('"health":"fault"');
    expect(told).toContain('last words');
    expect(run).toHaveBeenCalledWith(
      expect.stringContaining('--unit=cupcheck.service --unit=cupcheck-light.service'),
      expect.objectContaining({ timeoutMs: expect.any(Number) as number }),
    );
  });

  it('are its last state where the guest does not answer', async () => {
    const run = () => Promise.reject(new Error('the guest does not answer'));
    expect(await circumstances({ run }, null)).toBe(
      'the station said last: nothing\nits journal cannot be read: Error: the guest does not answer',
    );
  });
});
