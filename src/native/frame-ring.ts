import { CupcheckError } from '../errors.js';
import { callNative, type RingMap, requireWhole } from './addon.js';

/** Where a frame lies, and which: the generation changes whenever the slot is written again. */
export interface FrameSlot {
  readonly slot: number;
  readonly generation: number;
  readonly bytes: number;
}

/** The ring's memory, lent to a thread of the addon that writes frames into slots which its user acquired. */
export interface LentRing {
  readonly map: ArrayBuffer;
  /** The thread has ended. */
  giveBack(): void;
}

const maxSlots = 64;
const maxSlotBytes = 2 ** 28;

/**
 * A ring of frames in memory that two processes share: the owner writes, a child that was given `fd` at spawn reads the
 * same pages without a copy. The memory is sealed: it can't shrink under a reader, and no process that attaches can
 * write into it.
 *
 * The owner keeps a slot from being reused while a reader may look at it, by holding it; a reader proves by the
 * generation that what it read was one whole frame. A child that was killed holds nothing: the owner's count decides.
 */
export class FrameRing {
  readonly #ring: RingMap;
  readonly #owner: boolean;
  /** How often each slot is held. Owner only. */
  readonly #holds: number[];
  /** The order in which slots were given back; the first free one is the longest unused. */
  readonly #order: number[];
  #open = true;
  #lent = 0;

  private constructor(ring: RingMap, owner: boolean) {
    this.#ring = ring;
    this.#owner = owner;
    this.#holds = Array.from({ length: ring.slots }, () => 0);
    this.#order = Array.from({ length: ring.slots }, (_, slot) => slot);
  }

  /**
   * A new ring, owned by this process. `slots` 1 to 64, `slotBytes` 1 byte to 256 MiB, 2 GiB in all; the memory is
   * taken at once, so that no later frame can find it missing. Errors: NATIVE_ARGUMENT, INTERNAL (no memory).
   */
  static create(options: { readonly slots: number; readonly slotBytes: number }): FrameRing {
    requireWhole('The number of ring slots', options.slots, 1, maxSlots);
    requireWhole('The size of a ring slot', options.slotBytes, 1, maxSlotBytes);
    return new FrameRing(
      callNative((addon) => addon.createRing(options.slots, options.slotBytes)),
      true,
    );
  }

  /**
   * Another process's ring, for reading. `fd` is the number at which it was inherited, and belongs to the ring from now
   * on. Errors: NATIVE_ARGUMENT when it is no sealed ring of this version.
   */
  static attach(fd: number): FrameRing {
    requireWhole('The descriptor of a frame ring', fd, 0, 2 ** 20);
    return new FrameRing(
      callNative((addon) => addon.attachRing(fd)),
      false,
    );
  }

  /** Put it into the `stdio` of a child; it does not pass to a child by itself. */
  get fd(): number {
    return this.#ring.fd;
  }

  get slots(): number {
    return this.#ring.slots;
  }

  get slotBytes(): number {
    return this.#ring.slotBytes;
  }

  /** Takes the free slot that was unused for longest, held once; `null` when all are held. Owner only. */
  acquire(): number | null {
    this.#requireOwner();
    const slot = this.#order.find((candidate) => this.#holds[candidate] === 0);
    if (slot === undefined) return null;
    this.#holds[slot] = 1;
    return slot;
  }

  /** Holds a slot once more, for a second reader. Owner only; the slot must be held already. */
  hold(slot: number): void {
    this.#holds[slot] = this.#held(slot) + 1;
  }

  /** Gives back one hold; at none the slot is free to be written again. Owner only. */
  release(slot: number): void {
    const holds = this.#held(slot) - 1;
    this.#holds[slot] = holds;
    if (holds > 0) return;
    this.#order.splice(this.#order.indexOf(slot), 1);
    this.#order.push(slot);
  }

  /** Copies a frame into an acquired slot that nobody else holds. Errors: NATIVE_ARGUMENT (slot, size). Owner only. */
  write(slot: number, bytes: Uint8Array): FrameSlot {
    if (this.#held(slot) !== 1) {
      throw new CupcheckError('NATIVE_ARGUMENT', `Slot ${slot} is held by a reader and cannot be written`);
    }
    if (!(bytes instanceof Uint8Array) || bytes.length < 1 || bytes.length > this.slotBytes) {
      throw new CupcheckError(
        'NATIVE_ARGUMENT',
        `A frame of ${bytes?.length} bytes does not fit a slot of ${this.slotBytes} bytes`,
      );
    }
    return { slot, ...callNative((addon) => addon.writeRing(this.#ring.map, slot, bytes)) };
  }

  /**
   * The frame's bytes where they lie, with no copy. Never write into them: the kernel ends a reading process that does.
   * The bytes are known to be the whole frame only while `check` holds: ask after the last read.
   * Errors: FRAME_OVERWRITTEN when the slot was written again; NATIVE_ARGUMENT.
   */
  view(slot: number, generation: number, bytes: number): Uint8Array {
    const state = this.#state(slot);
    if (state.generation !== generation || state.bytes !== bytes) {
      throw new CupcheckError(
        'FRAME_OVERWRITTEN',
        `Slot ${slot} holds generation ${state.generation} (${state.bytes} bytes), not ${generation} (${bytes} bytes)`,
      );
    }
    return new Uint8Array(this.#ring.map, this.#ring.dataOffset + slot * this.#ring.slotStride, bytes);
  }

  /** Whether everything that was read from the slot before this call belonged to that generation. */
  check(slot: number, generation: number): boolean {
    return this.#state(slot).generation === generation;
  }

  /** The ring cannot be closed until the memory was given back. Owner only. */
  lend(): LentRing {
    this.#requireOwner();
    this.#lent++;
    return { map: this.#ring.map, giveBack: () => this.#lent-- };
  }

  /**
   * Unmaps the memory: every view has length 0 from now on. Closing twice is harmless.
   * Errors: NATIVE_ARGUMENT while a thread writes into it.
   */
  close(): void {
    if (!this.#open) return;
    if (this.#lent > 0)
      throw new CupcheckError('NATIVE_ARGUMENT', 'A camera still writes into the frame ring: stop it');
    this.#open = false;
    callNative((addon) => addon.closeRing(this.#ring.map, this.#ring.fd));
  }

  #state(slot: number) {
    this.#requireSlot(slot);
    return callNative((addon) => addon.slotState(this.#ring.map, slot));
  }

  #held(slot: number): number {
    this.#requireOwner();
    this.#requireSlot(slot);
    const holds = this.#holds[slot] ?? 0;
    if (holds === 0) throw new CupcheckError('NATIVE_ARGUMENT', `Slot ${slot} is not held`);
    return holds;
  }

  #requireSlot(slot: number): void {
    this.#requireOpen();
    requireWhole('The slot of a frame', slot, 0, this.slots - 1);
  }

  #requireOwner(): void {
    this.#requireOpen();
    if (!this.#owner) throw new CupcheckError('NATIVE_ARGUMENT', 'An attached frame ring is for reading only');
  }

  #requireOpen(): void {
    if (!this.#open) throw new CupcheckError('NATIVE_ARGUMENT', 'The frame ring is closed');
  }
}
