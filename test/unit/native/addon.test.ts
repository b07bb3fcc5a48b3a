import { describe, expect, it } from 'vitest';
import { callNative } from '../../../src/native/addon.js';

describe('callNative', () => {
  it('keeps the code, the message and the cause of the addon’s own errors', () => {
    const call = () => callNative((addon) => addon.createRing(0, 1));
    expect(call).toThrow(
      expect.objectContaining({
        name: 'CupcheckError',
        code: 'NATIVE_ARGUMENT',
        message: expect.stringContaining('slots is 0'),
        cause: expect.objectContaining({ code: 'NATIVE_ARGUMENT' }),
      }),
    );
  });

  it('calls anything else an internal error', () => {
    const call = () =>
      callNative(() => {
        throw new TypeError('something else');
      });
    expect(call).toThrow(expect.objectContaining({ code: 'INTERNAL', message: 'something else' }));
  });
});
