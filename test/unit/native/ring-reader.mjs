// A second process that reads a frame ring: compiled code, the ring's descriptor inherited as 3, one command a message.
import { FrameRing } from '../../../dist/native/frame-ring.js';

const ring = FrameRing.attach(3);
let view;

/** Whether a run of bytes is one frame: each frame of the test holds one value. */
const uniform = (bytes) => bytes.every((value) => value === bytes[0]);

const commands = {
  open({ slot, generation, bytes }) {
    view = ring.view(slot, generation, bytes);
    return { first: view[0], last: view.at(-1), whole: uniform(view) };
  },
  check: ({ slot, generation }) => ({ holds: ring.check(slot, generation), first: view[0] }),
  write: ({ slot }) => ring.write(slot, new Uint8Array(1)),
  scribble() {
    view[0] = 1;
    return {};
  },
  /** Reads while the owner writes; a torn frame must never pass its check. */
  race({ slot, bytes, reads }) {
    const seen = { whole: 0, torn: 0, passedTorn: 0 };
    let generation = 2;
    for (let read = 0; read < reads; read += 1) {
      try {
        const frame = ring.view(slot, generation, bytes);
        const whole = frame[0] === frame[bytes - 1] && uniform(frame);
        const passed = ring.check(slot, generation);
        if (passed && !whole) seen.passedTorn += 1;
        seen[passed ? 'whole' : 'torn'] += 1;
      } catch (error) {
        if (error.code !== 'FRAME_OVERWRITTEN') throw error;
        generation = Number(/generation (\d+)/.exec(error.message)[1]) & ~1;
      }
    }
    return seen;
  },
};

process.on('message', ({ command, ...given }) => {
  try {
    process.send({ answer: commands[command](given) });
  } catch (error) {
    process.send({ code: error.code, message: error.message });
  }
});
process.send({ answer: { slots: ring.slots, slotBytes: ring.slotBytes } });
