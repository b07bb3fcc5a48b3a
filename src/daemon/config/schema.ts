import { judgeNames } from '../../pipeline/judges/names.js';
import {
  brokerUrl,
  flag,
  type Key,
  key,
  matching,
  number,
  oneOf,
  orNull,
  path,
  sensitive,
  settings,
  someOf,
  text,
  whole,
} from './formats.js';

const gpioChip = matching(/^[!-~][ -~]{0,199}$/, 'a label, gpiochip and a number, or a path under /dev');
const gpioLine = matching(/^[!-~][ -~]{0,30}$/, 'an offset in digits, or a name of 1 to 31 characters');

/**
 * Every key of the config with its allowed values, its default and its meaning. The only place that holds defaults;
 * `docs/config.md` is generated from it. `station.deadlineMs` is set in the environment as CUPCHECK_STATION_DEADLINE_MS.
 */
export const schema = {
  station: {
    name: key(
      matching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, '1 to 63 letters, digits, - _ or ., a letter or digit first'),
      'station-1',
      'Name of this station in topics and results.',
    ),
    mode: key(
      oneOf('confirm', 'identify'),
      'confirm',
      'confirm: green only for the design that an order asks for. identify: green where all items agree on one covered design.',
    ),
    deadlineMs: key(
      whole(200, 10_000, 'ms'),
      1000,
      'From trigger to light; a cup that takes longer is amber (timeout).',
    ),
    settleMs: key(
      whole(0, 2000, 'ms'),
      150,
      'Wait after the trigger before a frame counts: items and hand come to rest.',
    ),
    showMs: key(
      whole(500, 60_000, 'ms'),
      3000,
      'How long a light stays on at stations whose sensor cannot tell that the cup was taken (trigger.kind: edge_only).',
    ),
    frameTimeoutMs: key(
      whole(50, 10_000, 'ms'),
      400,
      'How long a fresh frame may take; longer is amber (no_frame, stale_frame).',
    ),
    watchMs: key(whole(20, 5000, 'ms'), 150, 'How often the shown cup is compared with the judged picture.'),
    faultRetryMs: key(
      whole(500, 60_000, 'ms'),
      2000,
      'Pause before a failed self-test or a failed disk is tried again.',
    ),
    count: orNull(
      whole(1, 20),
      'Items in a cup where no order says it (mode identify); null = not checked, each result warns.',
    ),
  },
  order: {
    defaultLifetimeS: key(whole(60, 604_800, 's'), 28_800, 'Life of an order that names no expiry.'),
    fromCode: key(
      oneOf('off', 'allowed', 'required'),
      'off',
      'Orders from a 2D code on the cup. off: not read. allowed: a cup’s code, else the order in force. required: no green without a code.',
    ),
    codeZone: orNull(
      matching(
        /^\d{1,4},\d{1,4},\d{2,4},\d{2,4}$/,
        'x,y,width,height in pixels of the camera, such as 1000,20,260,260',
      ),
      'Where the code is in the picture: beside the bottom of the cup, never over it, since nothing that lies there is looked at.',
    ),
  },
  camera: {
    driver: key(
      oneOf('v4l2', 'replay'),
      'v4l2',
      'v4l2: a real camera. replay: a simulated one that shows pictures; chosen here only, never a fallback.',
    ),
    fps: key(whole(1, 120, 'frames a second'), 15, 'Frame rate.'),
    ringSlots: key(whole(3, 64), 8, 'Frames that the shared ring holds.'),
    slotBytes: key(whole(65_536, 67_108_864, 'bytes'), 4_194_304, 'Size of one frame in the ring.'),
    v4l2: {
      device: key(
        path('file'),
        '/dev/video0',
        'The camera. A stable name below /dev/v4l/by-id or /dev/v4l/by-path means the same camera after a restart.',
      ),
      format: key(
        oneOf('mjpeg', 'yuyv', 'nv12', 'grey'),
        'mjpeg',
        'Pixel format: cupcheck camera list. Raw ones (all but mjpeg) need camera.slotBytes for 3 bytes a pixel (grey: 1).',
      ),
      width: key(whole(64, 8192, 'pixels'), 1280, 'Width of the picture; what the driver does not take is an error.'),
      height: key(whole(64, 8192, 'pixels'), 960, 'Height of the picture.'),
      controls: key(
        settings,
        [],
        'Controls of the camera as name=value, set in this order and read back: [auto_exposure=1, exposure_time_absolute=120]. Menus by number or label. One that does not take is an error. Fix exposure, gain, white balance and focus.',
      ),
      silenceMs: key(whole(500, 60_000, 'ms'), 3000, 'A camera that gives no frame for so long is opened again.'),
      latencyFile: key(
        path('state'),
        'camera-latency.json',
        'What cupcheck calibrate latency measured; without it no frame can be proved fresh, and no cup is green.',
      ),
      latencyMs: orNull(
        number(0, 2000),
        'In place of the file: the longest time from the beginning of the exposure to the driver’s stamp, less the exposure where the driver tells it. A value that is too small makes old pictures fresh.',
      ),
    },
    replay: {
      empty: orNull(path('file'), 'Picture of the empty cup: what the replay camera shows when no cup is placed.'),
    },
  },
  trigger: {
    driver: key(
      oneOf('gpiochip', 'sysfs', 'camera', 'scripted'),
      'gpiochip',
      'gpiochip: a sensor on a line of a GPIO chip. sysfs: the same on older kernels, with less certainty (docs/wiring.md). camera: no sensor, a cup is told by the picture. scripted: cups are placed through the control socket (cupcheck sim).',
    ),
    kind: key(
      oneOf('level', 'edge_only'),
      'level',
      'level: the sensor knows presence. edge_only: it reports arrivals alone.',
    ),
    debounceMs: key(whole(0, 1000, 'ms'), 20, 'A level must hold so long to count.'),
    dwellMs: key(
      whole(0, 5000, 'ms'),
      0,
      'A cup must be there for so long to count, and counts from then on; for trigger.kind level. 0 = it counts from its arrival on.',
    ),
    minGapMs: key(whole(0, 10_000, 'ms'), 100, 'Least time between two cups; an earlier arrival is chatter.'),
    stuckS: key(
      whole(0, 86_400, 's'),
      600,
      'A sensor that reports a cup for so long without a change is stuck: a fault. 0 = never.',
    ),
    gpio: {
      chip: key(gpioChip, 'gpiochip0', 'GPIO chip of the sensor.'),
      line: key(gpioLine, 'CUP_SENSOR', 'Line of the sensor.'),
      activeLow: key(flag, false, 'A low line means that a cup is there.'),
      bias: key(
        oneOf('as_is', 'disabled', 'pull_up', 'pull_down'),
        'as_is',
        'The chip’s own pull at the line. A chip that has none ignores it without a word.',
      ),
      debounceUs: key(
        whole(0, 1_000_000, 'µs'),
        0,
        'Debounce by the kernel, beside trigger.debounceMs: each edge is told, and stamped, so much later. 0 = none.',
      ),
    },
    camera: {
      empty: orNull(
        path('file'),
        'JPEG of the place between two cups, for the driver camera; null = the picture of the empty cup in the calibration.',
      ),
      enter: key(
        number(1, 255),
        12,
        'A picture that differs by more from that of the empty place shows a cup; levels of 255 in the part that differs most.',
      ),
      leave: key(number(0.5, 255), 6, 'One that differs by less shows none; below trigger.camera.enter.'),
      still: key(
        number(0.5, 255),
        4,
        'Two pictures that differ by no more are at rest: a cup counts when it rests; below trigger.camera.enter.',
      ),
      everyMs: key(whole(20, 2000, 'ms'), 100, 'Pause between two looks. Each look takes one of the camera’s frames.'),
    },
    sysfs: {
      line: orNull(whole(0, 65_535), 'Number of the sensor’s line in /sys/class/gpio, for the driver sysfs.'),
      activeLow: key(flag, false, 'A low line means that a cup is there.'),
    },
  },
  light: {
    driver: key(
      oneOf('gpiochip', 'sysfs', 'terminal', 'memory'),
      'gpiochip',
      'gpiochip: output lines of a GPIO chip. sysfs: the same on older kernels, with less certainty (docs/wiring.md). terminal: drawn in the terminal. memory: kept, for tests.',
    ),
    gpio: {
      chip: key(gpioChip, 'gpiochip0', 'GPIO chip of the lamps.'),
      green: key(gpioLine, 'CUP_GREEN', 'Line of the green lamp.'),
      amber: key(gpioLine, 'CUP_AMBER', 'Line of the amber lamp.'),
      activeLow: key(flag, false, 'A low line lights its lamp.'),
      drive: key(
        oneOf('push_pull', 'open_drain', 'open_source'),
        'push_pull',
        'How the lines are driven. open_drain: low or let go. open_source: high or let go.',
      ),
      verify: key(
        flag,
        true,
        'Read the lines back, at each change and once a second: a line that is not as it was driven is a fault. Off only for chips that cannot read their outputs.',
      ),
    },
    sysfs: {
      green: orNull(whole(0, 65_535), 'Number of the green lamp’s line in /sys/class/gpio, for the driver sysfs.'),
      amber: orNull(whole(0, 65_535), 'Number of the amber lamp’s line in /sys/class/gpio.'),
      activeLow: key(flag, false, 'A low line lights its lamp.'),
    },
    memory: {
      path: orNull(
        path('file'),
        'File to which the memory driver appends each change of the light, a JSON object a line.',
      ),
    },
    socket: key(
      path('file'),
      '/run/cupcheck-light/light.sock',
      'Socket of the light process, in a folder of its own user.',
    ),
    leaseMs: key(
      whole(100, 5000, 'ms'),
      600,
      'A light goes dark by itself when the station has not renewed it for so long.',
    ),
    renewMs: key(whole(20, 2000, 'ms'), 200, 'How often the station renews; at most half of light.leaseMs.'),
  },
  bundle: {
    path: orNull(
      path('file'),
      'Folder of the model bundle that judges until another one is activated (cupcheck bundle activate); null = the one that comes with the program.',
    ),
    trusted: key(
      path('file'),
      '/etc/cupcheck/trusted.d',
      'Folder of the public keys (*.pub) whose bundles judge here: cupcheck bundle keygen.',
    ),
    allowUnsigned: key(
      oneOf('never', 'shipped', 'any'),
      'shipped',
      'Which bundle may judge without the signature of a trusted key; each of its results warns (unsigned_bundle). never: none. shipped: the one that comes with the program. any: every one, and cupcheck bundle install takes them too.',
    ),
    store: key(path('state'), 'bundles', 'Folder of the installed bundles, each under its digest.'),
    commitWithinS: key(
      whole(60, 1_209_600, 's'),
      86_400,
      'An activated bundle that nobody commits within this time is rolled back.',
    ),
    keepPrevious: key(
      flag,
      true,
      'Keep the bundle before ready in a second process after the trial too: a rollback then takes no time. false saves its memory (300 MB for the shipped bundle); a rollback loads it first, and cups are amber meanwhile.',
    ),
    trialCups: key(
      whole(1, 10_000),
      50,
      'The first cups of an activated bundle; where bundle.trialFailures of them cannot be judged, it is rolled back.',
    ),
    trialFailures: key(
      whole(1, 1000),
      3,
      'So many of the first bundle.trialCups that are amber for internal_error, timeout or model_not_ready roll the bundle back.',
    ),
  },
  golden: {
    path: key(
      path('state'),
      'golden',
      'Folder of the golden pictures: cups of which a person knows the truth (cupcheck golden add).',
    ),
    maxScoreDifference: key(
      number(0, 2),
      0.01,
      'How far an item’s score on a golden picture may be from the recorded one, where the same bundle and gallery judge; more fails the self-test.',
    ),
    maxAmbers: key(
      whole(0, 200),
      0,
      'So many golden pictures that were green, and are right, may a new bundle make amber and still be activated. A wrong one must never be green.',
    ),
  },
  selftest: {
    atStart: key(flag, true, 'Judge the golden pictures at each start.'),
    everyH: key(whole(0, 8760, 'h'), 24, 'Judge the golden pictures so often, between cups; 0 = never by itself.'),
    maxAgeH: key(
      whole(0, 8760, 'h'),
      72,
      'Where golden pictures are kept and none of the self-tests is younger, cups are amber (selftest_overdue); 0 = it is never overdue. A failed one makes them amber whatever its age.',
    ),
    loopback: {
      chip: key(gpioChip, 'gpiochip0', 'GPIO chip of the loop-back lines: docs/wiring.md.'),
      amber: orNull(gpioLine, 'Input on the output of the amber lamp, read back by the self-test; null = not wired.'),
      green: orNull(gpioLine, 'Input on the output of the green lamp; null = not wired.'),
      trigger: orNull(
        gpioLine,
        'Output onto the input of the cup sensor, by which the self-test makes a cup of air; null = not wired.',
      ),
      illumination: orNull(
        gpioLine,
        'Output that takes the illumination away, for the self-test’s dark frame; null = not wired: nothing here switches it.',
      ),
      activeLow: key(flag, false, 'A low line is active, on each of them.'),
      settleMs: key(whole(1, 2000, 'ms'), 100, 'How long lamp, relay or illumination takes to follow its line.'),
    },
  },
  gallery: {
    path: key(
      path('state'),
      'gallery',
      'Folder of the designs that were taught on the device, by network (cupcheck enrol); where nothing was taught the bundle judges alone.',
    ),
  },
  calibration: {
    path: orNull(
      path('file'),
      'File of a calibration (pixels per mm, empty cup); null = the one that cupcheck calibrate made at this station. Where there is none, sizes are not checked and results warn.',
    ),
    maxAgeDays: key(whole(1, 3650, 'days'), 90, 'doctor tells of a calibration that is older than this.'),
  },
  judge: {
    name: orNull(oneOf(...judgeNames), 'The strategy that judges; null = the one that the bundle names.'),
    sharedSides: key(
      oneOf('strict', 'allow'),
      'strict',
      'Items that show a side which several designs share. strict: amber. allow: accepted beside judge.minInformative others.',
    ),
    minInformative: key(whole(1, 20), 1, 'Items that must tell their design where shared sides are allowed.'),
  },
  overrides: {
    notCovered: key(flag, false, 'Let designs without enough evidence turn green. Each such result warns.'),
  },
  risk: {
    accept: key(
      oneOf('pooled', 'family', 'design'),
      'pooled',
      'Whose bound is enough for green. design: that of the design itself. family: also that of its family. pooled: also that of many designs together. The narrowest that there is serves; each result warns of a wider one.',
    ),
    unread: key(
      oneOf('amber', 'accept'),
      'amber',
      'Designs that have sisters of another year or mint mark which the bundle does not tell from them. amber: not covered. accept: where an order does not ask for the year; each result warns.',
    ),
    maxGreenIfBad: orNull(
      number(0, 1),
      'A design whose bound of P(green | bad cup) is above this counts as not covered; null = the thresholds alone decide.',
    ),
  },
  audit: {
    share: key(
      number(0, 1),
      0,
      'Share of green cups that are made amber (audit), so that a person checks the station.',
    ),
  },
  providers: {
    order: key(someOf('tensorrt', 'cuda', 'cpu'), ['cpu'], 'Execution providers in the order in which they are tried.'),
    require: orNull(
      oneOf('tensorrt', 'cuda', 'cpu'),
      'The station is not ready unless this provider runs the networks.',
    ),
  },
  infer: {
    timeoutMs: key(whole(100, 60_000, 'ms'), 3000, 'A judging process that takes longer is killed and started again.'),
    threads: key(whole(1, 16), 2, 'Threads of the judging process.'),
    precision: key(
      oneOf('fp32', 'fp16', 'int8', 'auto'),
      'fp32',
      'Weights of the items network: 32 bits, or the copy in 16 or 8 of a bundle that has one. Verdicts differ, with 8 bits more often: compare first (cupcheck replay --precision int8, cupcheck evaluate --precision int8). auto: the fewest bits by which cupcheck engine build found the same verdicts over the golden pictures, else 32; cupcheck status says which, and why.',
    ),
  },
  engines: {
    path: key(path('state'), 'engines', 'Folder of the prepared engines (cupcheck engine build).'),
    use: key(
      flag,
      true,
      'Load the networks from an engine where one fits and was proved over the golden pictures; false = prepare them at each start.',
    ),
    maxScoreDifference: key(
      number(0, 2),
      0.01,
      'How far a score on a golden picture may be from that of the CPU with 32 bits; more refuses the engine, like another verdict.',
    ),
  },
  mqtt: {
    enabled: key(flag, false, 'Publish to a broker. Off: results stay in the journal alone.'),
    url: key(brokerUrl, 'mqtt://127.0.0.1:1883', 'The broker.'),
    base: key(
      matching(/^[^\s+#$/][^\s+#/]{0,62}(\/[^\s+#/]{1,63}){0,3}$/, 'up to 4 topic levels without spaces, + or #'),
      'cupcheck',
      'Topics are <base>/<station>/….',
    ),
    protocol: key(oneOf('5', '3.1.1'), '5', 'MQTT version. 3.1.1 is for older brokers; requests are off there.'),
    username: sensitive(orNull(text, 'User name at the broker.')),
    passwordFile: sensitive(orNull(path('file'), 'File that holds the password, readable by the station alone.')),
    ca: orNull(path('file'), 'PEM file of the authority that signed the broker; null = the system knows it.'),
    cert: orNull(path('file'), 'PEM file of the client certificate; needs mqtt.key.'),
    key: sensitive(orNull(path('file'), 'PEM file of its key; needs mqtt.cert.')),
    homeAssistant: key(flag, false, 'Publish Home Assistant discovery.'),
  },
  journal: {
    path: key(path('state'), 'journal.db', 'The database of results.'),
    retentionDays: key(whole(1, 3650, 'days'), 365, 'Delivered results older than this are removed.'),
    maxBytes: key(
      whole(10_485_760, 1_099_511_627_776, 'bytes'),
      2_147_483_648,
      'Bound of the database. Delivered results go first; undelivered ones never: then cups are amber (storage_fault).',
    ),
  },
  images: {
    path: key(path('state'), 'images', 'Folder of the pictures of cups.'),
    keepAmbers: key(flag, true, 'Keep the picture of each amber cup.'),
    keepGreensShare: key(number(0, 1), 0.01, 'Share of green cups whose picture is kept.'),
    maxBytes: key(
      whole(1_048_576, 1_099_511_627_776, 'bytes'),
      2_147_483_648,
      'Bound of the folder; the oldest pictures go first.',
    ),
  },
  control: {
    socket: key(path('file'), '/run/cupcheck/control.sock', 'Socket for the command line.'),
    group: key(
      matching(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a group of this system'),
      'cupcheck',
      'Its members may use the socket. Where the group does not exist, only the user of the station may.',
    ),
  },
  state: {
    path: key(path('file'), '/var/lib/cupcheck', 'Folder of everything that the station keeps.'),
  },
  log: {
    level: key(oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'), 'info', 'The least that is logged.'),
    pretty: key(flag, false, 'Lines for people in place of JSON.'),
  },
  metrics: {
    enabled: key(flag, false, 'Answer Prometheus at http://127.0.0.1:<port>/metrics, on the loopback alone.'),
    port: key(whole(1024, 65_535), 9477, 'TCP port of the metrics.'),
  },
  health: {
    intervalS: key(whole(1, 3600, 's'), 30, 'How often health is published.'),
  },
} as const;

type ValuesOf<S> = S extends Key<infer T> ? T : { readonly [K in keyof S]: ValuesOf<S[K]> };

/** The config of a station: read once, frozen, paths absolute. */
export type Config = ValuesOf<typeof schema>;
