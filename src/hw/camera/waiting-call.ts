import type { HeldFrame } from '../../daemon/ports.js';

/** A call of `Camera.after` that waits for its frame. */
export interface WaitingCall {
  readonly frame: Promise<HeldFrame>;
  readonly resolve: (frame: HeldFrame) => void;
  readonly reject: (error: Error) => void;
}

/** @param givenUp called where the signal ends the call, before it rejects with the signal's reason */
export function waitingCall(signal: AbortSignal, givenUp: () => void): WaitingCall {
  let settle: Pick<WaitingCall, 'resolve' | 'reject'> | undefined;
  const abort = (): void => {
    givenUp();
    settle?.reject(signal.reason as Error);
  };
  const frame = new Promise<HeldFrame>((resolve, reject) => {
    settle = { resolve, reject };
  });
  signal.addEventListener('abort', abort, { once: true });
  const done = (): void => signal.removeEventListener('abort', abort);
  return {
    frame,
    resolve: (held) => {
      done();
      settle?.resolve(held);
    },
    reject: (error) => {
      done();
      settle?.reject(error);
    },
  };
}
