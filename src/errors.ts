/** What an error means for the station: an amber with that reason, a fault (blinking amber), or a refusal with nothing changed. */
export type Consequence =
  | { readonly kind: 'amber'; readonly reason: string }
  | { readonly kind: 'fault' }
  | { readonly kind: 'refusal' };

const amber = (reason: string): Consequence => ({ kind: 'amber', reason });
const fault: Consequence = { kind: 'fault' };
const refusal: Consequence = { kind: 'refusal' };

/**
 * Every error that cupcheck can name, what it does to the station, and what a person does about it.
 * `docs/errors.md` is generated from this table.
 */
export const errorTable = {
  // Pictures and frames
  PICTURE_CORRUPT: {
    consequence: amber('camera_fault'),
    help: 'The picture cannot be decoded. Check the cable and the camera, or give a whole JPEG or PNG.',
  },
  PICTURE_SIZE: { consequence: refusal, help: 'Give a picture between 64×64 and 8192×8192 pixels.' },
  PICTURE_UNREADABLE: { consequence: refusal, help: 'Check that the file exists and can be read.' },
  FRAME_STALE: {
    consequence: amber('stale_frame'),
    help: 'The camera gave no picture exposed after the trigger. Check its frame rate and its timestamps.',
  },
  FRAME_TIMEOUT: {
    consequence: amber('no_frame'),
    help: 'The camera gave no picture in time. Check that it streams: cupcheck doctor.',
  },
  FRAME_OVERWRITTEN: {
    consequence: amber('camera_fault'),
    help: 'A frame was replaced while it was read. Raise camera.ringSlots.',
  },
  RING_FULL: {
    consequence: amber('camera_fault'),
    help: 'Every slot of the frame ring is in use. Raise camera.ringSlots.',
  },
  CAMERA_GONE: {
    consequence: amber('camera_fault'),
    help: 'The camera is unplugged or stopped. Plug it in again; the station goes on by itself.',
  },
  CAMERA_SETUP: {
    consequence: fault,
    help: 'The camera does not do what the config asks of it. The message says what; cupcheck camera list shows what it can do.',
  },
  CAMERA_CLOCK: {
    consequence: fault,
    help: 'The driver does not stamp its frames by CLOCK_MONOTONIC, so no frame can be proved fresh. Use another camera or driver.',
  },
  LATENCY_UNMEASURED: {
    consequence: amber('stale_frame'),
    help: 'It is not known how long after its exposure a frame comes. Measure it: cupcheck calibrate latency.',
  },
  TRIGGER_LOST: {
    consequence: fault,
    help: 'The cup sensor cannot be read. Check its line and permissions: cupcheck doctor.',
  },
  TRIGGER_STUCK: {
    consequence: fault,
    help: 'Take the cup away. If the sensor still reports one, clean or replace it; the station goes on by itself when the sensor changes.',
  },
  GPIO_FAULT: {
    consequence: fault,
    help: 'Check the chip and the line that the config names (gpioinfo lists them), who else uses it, and the permissions of /dev/gpiochip*.',
  },
  LIGHT_LOST: {
    consequence: fault,
    help: 'The light process does not answer, or cannot drive its lines. Its log says which: journalctl -u cupcheck-light.',
  },
  LIGHT_OVERTAKEN: {
    consequence: refusal,
    help: 'A later state was asked for before the lines could show this one. Nothing has to be done.',
  },
  NATIVE_ARGUMENT: {
    consequence: amber('internal_error'),
    help: 'The native addon was called with an argument that it refuses. This is a defect: report it.',
  },
  NATIVE_UNAVAILABLE: {
    consequence: fault,
    help: 'The native addon is not built for this machine. Run npm run setup.',
  },
  PICTURE_GONE: {
    consequence: refusal,
    help: 'images.keepAmbers, images.keepGreensShare and images.maxBytes say what is kept: cupcheck config show. The result itself is in the journal.',
  },
  // Bundle and inference
  BUNDLE_MISSING: { consequence: fault, help: 'Install a bundle, or set bundle.path to the folder of one.' },
  BUNDLE_INVALID: {
    consequence: fault,
    help: 'The manifest is not one that this version reads. Build the bundle again.',
  },
  BUNDLE_PRECISION: {
    consequence: fault,
    help: 'Ask for fp32 (infer.precision, --precision), or make the copy: python3 -m train.half or train.eight_bit in models/.',
  },
  BUNDLE_DIGEST: { consequence: fault, help: 'A file differs from the digest in the manifest. Copy the bundle again.' },
  BUNDLE_UNSIGNED: {
    consequence: fault,
    help: 'Sign it: cupcheck bundle sign. bundle.allowUnsigned lets it judge without; then each result warns.',
  },
  BUNDLE_UNTRUSTED: {
    consequence: fault,
    help: 'Put the public key of who signed it into bundle.trusted (/etc/cupcheck/trusted.d), if you trust them.',
  },
  BUNDLE_SIGNATURE: {
    consequence: fault,
    help: 'The bundle was changed after it was signed, or is damaged. Copy it again; do not use this one.',
  },
  BUNDLE_ARCHIVE: {
    consequence: refusal,
    help: 'Nothing was changed. The file is damaged, or cupcheck bundle pack did not make it. Copy it again.',
  },
  BUNDLE_BUSY: {
    consequence: refusal,
    help: 'Wait until the other command has ended. If no such process runs, remove the file named.',
  },
  BUNDLE_STORE: {
    consequence: refusal,
    help: 'Nothing was changed. Check the free space, and that you may write there (sudo).',
  },
  BUNDLE_STATE: {
    consequence: fault,
    help: 'Which bundle is to judge cannot be read, and is not guessed. Put the file back from a backup, or move it away and start the station: the bundle of the config judges then.',
  },
  BUNDLE_STEP: {
    consequence: refusal,
    help: 'Nothing was changed. cupcheck bundle list shows which bundle judges, and which one is on its way.',
  },
  BUNDLE_REJECTED: {
    consequence: refusal,
    help: 'Nothing was changed: the station judges by the bundle that it had. Mend the bundle, or what it needs, and activate it again.',
  },
  BUNDLE_UNKNOWN: {
    consequence: refusal,
    help: 'cupcheck bundle list shows what is installed; cupcheck bundle activate --file installs an archive first.',
  },
  KEY_INVALID: {
    consequence: fault,
    help: 'Give an Ed25519 key as a PEM file: cupcheck bundle keygen makes a pair. Take other files out of bundle.trusted.',
  },
  GALLERY_INVALID: {
    consequence: fault,
    help: 'What was taught cannot be read. Put the folder back from a backup, or let the bundle judge without it: cupcheck recalibrate --none; gallery.json itself can be moved away.',
  },
  GALLERY_NETWORK: {
    consequence: refusal,
    help: 'A gallery belongs to the network that made it. Give the bundle that it was made with, or enrol its pictures again.',
  },
  GALLERY_BUSY: {
    consequence: refusal,
    help: 'Wait until the other command has ended. If no such process runs, remove the file named.',
  },
  GOLDEN_INVALID: {
    consequence: refusal,
    help: 'What is kept of a golden picture cannot be read, or was changed. Take it away (cupcheck golden remove CUP) and add it again, or put the folder back from a backup.',
  },
  GOLDEN_REFUSED: {
    consequence: refusal,
    help: 'Nothing was changed. cupcheck golden list shows what is kept; cupcheck golden remove CUP takes one away.',
  },
  GOLDEN_FAILED: {
    consequence: refusal,
    help: 'Look at the pictures named: cupcheck golden list. A green that must not be is a defect of the bundle; golden.maxAmbers says how many ambers are borne.',
  },
  GOLDEN_BUSY: {
    consequence: refusal,
    help: 'Wait until the other command has ended. If no such process runs, remove the file named.',
  },
  NETWORK_SHAPE: {
    consequence: fault,
    help: 'A network does not have the inputs and outputs that the manifest states. Build the bundle again.',
  },
  PROVIDER_UNAVAILABLE: {
    consequence: fault,
    help: 'cupcheck doctor lists what this build of ONNX Runtime has. Install the GPU build (docs/install-jetson.md), or name another provider in providers.order and providers.require.',
  },
  ENGINE_UNAVAILABLE: {
    consequence: refusal,
    help: 'This machine lacks what it takes to build an engine for that provider. The message says what; docs/install-jetson.md says how to get it.',
  },
  ENGINE_BUILD: {
    consequence: refusal,
    help: 'Nothing was changed: the station loads its networks without an engine. The message says what failed.',
  },
  ENGINE_BUSY: {
    consequence: refusal,
    help: 'Wait until the other command has ended. If no such process runs, remove the file named.',
  },
  ENGINE_STORE: {
    consequence: refusal,
    help: 'Nothing was changed. Check the free space, and that you may write there (sudo).',
  },
  ENGINE_INVALID: {
    consequence: refusal,
    help: 'The engine is damaged, and is not used. cupcheck engine build makes it again; cupcheck engine prune takes it away.',
  },
  INFER_FAILED: {
    consequence: amber('internal_error'),
    help: 'The judging process reported an error. Its log says which.',
  },
  INFER_CRASHED: {
    consequence: amber('internal_error'),
    help: 'The judging process died and was started again. If it goes on, run cupcheck doctor.',
  },
  INFER_TIMEOUT: {
    consequence: amber('timeout'),
    help: 'The judging process did not answer in time and was restarted. Raise station.deadlineMs or use a faster provider.',
  },
  MODEL_NOT_READY: {
    consequence: amber('model_not_ready'),
    help: 'The networks are still loading. Wait until cupcheck status says ready.',
  },
  // Config, files, storage
  CONFIG_INVALID: {
    consequence: fault,
    help: 'Mend the key named, then restart. cupcheck config check says if it is right.',
  },
  CALIBRATION_INVALID: { consequence: fault, help: 'The calibration cannot be read. Calibrate again.' },
  CALIBRATION_FAILED: {
    consequence: refusal,
    help: 'Nothing was changed. A coin or the target must lie flat on the bottom of the cup, whole in the picture; for the latency the picture must show the light. Then try again.',
  },
  STORAGE_FAULT: {
    consequence: amber('storage_fault'),
    help: 'The journal cannot be written. Check the disk: cupcheck doctor.',
  },
  JOURNAL_MISSING: {
    consequence: refusal,
    help: 'The first start of the station makes it. Check journal.path and state.path: cupcheck config show.',
  },
  JOURNAL_NEWER: {
    consequence: fault,
    help: 'The journal was written by a newer version. Install that version, or move the file away.',
  },
  // Teaching
  ENROL_NO_ITEM: {
    consequence: refusal,
    help: 'Nothing was changed. Give a picture of one item, whole and in the open; a picture without a scale should show little but the item.',
  },
  ENROL_SEVERAL_ITEMS: { consequence: refusal, help: 'Nothing was changed. Give pictures that show one item each.' },
  ENROL_UNCLEAR: {
    consequence: refusal,
    help: 'Nothing was changed. Take the picture again: in focus, well lit, the whole rim in sight.',
  },
  ENROL_TOO_SMALL: {
    consequence: refusal,
    help: 'Nothing was changed. Take the picture from nearer, or with more pixels.',
  },
  ENROL_SIZE: {
    consequence: refusal,
    help: 'Nothing was changed. Measure the item and give --diameter-mm; check the scale: cupcheck calibrate scale.',
  },
  ENROL_REPEATED: {
    consequence: refusal,
    help: 'Nothing was changed. Each picture counts once: take another one, of another item if you can. cupcheck enrol list shows them.',
  },
  ENROL_FULL: { consequence: refusal, help: 'Nothing was changed. A gallery holds so much and no more.' },
  ENROL_UNKNOWN: { consequence: refusal, help: 'cupcheck enrol list shows what was taught.' },
  // Requests
  ORDER_INVALID: {
    consequence: refusal,
    help: 'Give a design that the bundle knows, a count of 1 to 20, and a number of cups from 1.',
  },
  REQUEST_INVALID: { consequence: refusal, help: 'Send one JSON object with the fields that docs/mqtt.md lists.' },
  REQUEST_TOO_LARGE: { consequence: refusal, help: 'Send at most 16 KiB over MQTT, 64 KiB over the control socket.' },
  REQUEST_RETAINED: {
    consequence: refusal,
    help: 'Send requests without the retain flag; clear the retained message.',
  },
  REQUEST_BUSY: { consequence: refusal, help: 'Wait for the answers to the requests before, then send it again.' },
  REQUEST_UNKNOWN: { consequence: refusal, help: 'Use one of the verbs that docs/mqtt.md lists.' },
  CUP_UNKNOWN: { consequence: refusal, help: 'Give the id or the seq of a journalled cup: cupcheck journal tail.' },
  TRUTH_INVALID: {
    consequence: refusal,
    help: 'Each line of truth.jsonl is one JSON object as docs/contributor.md shows.',
  },
  NOT_SUPPORTED: { consequence: refusal, help: 'This station cannot do that in its present set-up.' },
  // Outside connections
  ALREADY_RUNNING: {
    consequence: refusal,
    help: 'Another station uses this socket. Stop it first (systemctl stop cupcheck), or set control.socket.',
  },
  SOCKET_FAULT: {
    consequence: refusal,
    help: 'Check that the folder of the socket exists and belongs to the station, or set control.socket.',
  },
  STATION_BUSY: { consequence: refusal, help: 'Wait until the other requests are answered, then ask again.' },
  STATION_SILENT: {
    consequence: refusal,
    help: 'The station is there but does not answer. Its log says why: journalctl -u cupcheck.',
  },
  NO_DAEMON: { consequence: refusal, help: 'Start the station: systemctl start cupcheck, or cupcheck run.' },
  SOCKET_DENIED: { consequence: refusal, help: 'Only members of the group cupcheck may control the station.' },
  BROKER_UNREACHABLE: {
    consequence: refusal,
    help: 'Results wait in the outbox until the broker answers. Check mqtt.url.',
  },
  DEMO_NOT_READY: {
    consequence: refusal,
    help: 'Run npm run setup, then the demo again; its message says what is missing.',
  },
  USAGE: { consequence: refusal, help: 'See cupcheck --help.' },
  INTERNAL: {
    consequence: amber('internal_error'),
    help: 'This is a defect. Report it with the output of cupcheck support-bundle.',
  },
} as const satisfies Record<string, { consequence: Consequence; help: string }>;

export type ErrorCode = keyof typeof errorTable;

/** An error that says what failed, with what value (in the message), and what to do (`help`). */
export class CupcheckError extends Error {
  override readonly name = 'CupcheckError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get help(): string {
    return errorTable[this.code].help;
  }

  get consequence(): Consequence {
    return errorTable[this.code].consequence;
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** The same error, or `INTERNAL` around whatever else was thrown. */
export function asCupcheckError(thrown: unknown): CupcheckError {
  if (thrown instanceof CupcheckError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CupcheckError('INTERNAL', message, { cause: thrown });
}
