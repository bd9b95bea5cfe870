/**
 * QEMU's and qemu-storage-daemon's command line as options: `-device virtio-blk-pci,drive=h0,iothread=io0` or the same in
 * JSON becomes { option: 'device', values: driver, drive, iothread }. The syntax is that of util/keyval.c and
 * util/qemu-option.c. A command line is foreign text: nothing here throws for content, and what is kept is bounded.
 */
export interface QemuOption {
  /** Without its dashes: 'device', 'blockdev', 'export'. */
  readonly option: string;
  /** Keys with their values; JSON's nesting and arrays as dotted keys: 'file.filename', 'iothread-vq-mapping.0.iothread'. */
  readonly values: ReadonlyMap<string, string>;
}

/** The key of a value that stands first without one: `-device virtio-blk-pci,…` is `driver=virtio-blk-pci`. */
const FIRST_KEY: ReadonlyMap<string, string> = new Map(
  Object.entries({
    accel: 'accel',
    blockdev: 'driver',
    chardev: 'backend',
    cpu: 'model',
    device: 'driver',
    export: 'type',
    m: 'size',
    machine: 'type',
    mon: 'chardev',
    numa: 'type',
    monitor: 'chardev',
    name: 'guest',
    object: 'qom-type',
    'add-fd': 'set',
    drive: 'file',
    smp: 'cpus',
    qmp: 'backend',
    'qmp-pretty': 'backend',
  }),
);

/** The key of an option's first value where it is left out, `driver` of `-device`; '' for an option of one plain value. */
export function firstKeyOf(option: string): string {
  return FIRST_KEY.get(option) ?? '';
}

/** Options that take no value; of all others the next argument is theirs. */
const FLAGS: ReadonlySet<string> = new Set(
  (
    'S s h help version V daemonize enable-kvm full-screen mem-prealloc no-acpi no-fd-bootchk no-hpet no-reboot ' +
    'no-shutdown no-user-config nodefaults nographic only-migratable preconfig singlestep snapshot usb win2k-hack ' +
    'alt-grab ctrl-grab curses no-frame no-quit portrait show-cursor old-param nodefconfig tdf no-kvm semihosting'
  ).split(' '),
);

const MAX_OPTIONS = 10_000;
const MAX_KEYS = 1000;
const MAX_DEPTH = 8;

/** Words of the longest command line that is looked at. */
const MAX_WORDS = 10_000;

/**
 * The words of a command line as the facts keep it: separated by blanks or NULs, and quoted like a shell's where they hold what a
 * shell would take (JSON does). A quote that is not closed ends with the text.
 */
export function commandLineWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length && words.length < MAX_WORDS; at++) {
    const char = text[at]!;
    if (quote === '' && /[\s\0]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === "'" || char === '"')) {
      quote = char;
      word ??= '';
    } else if (char === '\\' && quote !== "'") word = (word ?? '') + (text[++at] ?? '');
    else word = (word ?? '') + char;
  }
  return word === undefined || words.length === MAX_WORDS ? words : [...words, word];
}

/** The options of a command line, in its order; `words` are its arguments, the program's name first. */
export function parseQemuOptions(words: readonly string[]): readonly QemuOption[] {
  const options: QemuOption[] = [];
  for (let at = 1; at < words.length && options.length < MAX_OPTIONS; at++) {
    const option = /^--?([A-Za-z][\w-]*)$/.exec(words[at]!)?.[1];
    if (option === undefined) continue;
    const value = FLAGS.has(option) ? undefined : words[at + 1];
    if (value !== undefined) at++;
    options.push({ option, values: valuesOf(option, value ?? '') });
  }
  return options;
}

function valuesOf(option: string, text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  if (text.startsWith('{')) flatten(jsonOf(text), '', values, 0);
  else addPairs(text, FIRST_KEY.get(option) ?? '', values);
  return values;
}

/** `a,key=value,flag,noflag`; a doubled comma is one of the value. */
function addPairs(text: string, firstKey: string, values: Map<string, string>): void {
  for (const [index, part] of splitPairs(text).entries()) {
    const equals = part.indexOf('=');
    // unix:/path of -qmp holds no key; a file name may hold '=', but QEMU takes that for a key too
    if (equals > 0) setOrAdd(part.slice(0, equals), part.slice(equals + 1), values);
    else if (index === 0) values.set(firstKey, part);
    else if (part.startsWith('no') && part.length > 2) values.set(part.slice(2), 'off');
    else if (part !== '') values.set(part, 'on');
    if (values.size >= MAX_KEYS) return;
  }
}

/** Keys that name a list when they come again: `-numa node,cpus=0-1,cpus=4`, `-object …,host-nodes=0,host-nodes=2`. */
const LISTS: ReadonlySet<string> = new Set(['cpus', 'host-nodes']);

function setOrAdd(key: string, value: string, values: Map<string, string>): void {
  const known = LISTS.has(key) ? values.get(key) : undefined;
  values.set(key, known === undefined ? value : `${known},${value}`);
}

function splitPairs(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < text.length; ) {
    const comma = text.indexOf(',', at);
    if (comma === -1) {
      part += text.slice(at);
      break;
    }
    part += text.slice(at, comma);
    if (text[comma + 1] === ',') part += ',';
    else {
      parts.push(part);
      part = '';
    }
    at = comma + (text[comma + 1] === ',' ? 2 : 1);
  }
  return [...parts, part];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function flatten(value: unknown, key: string, values: Map<string, string>, depth: number): void {
  if (values.size >= MAX_KEYS || depth > MAX_DEPTH) return;
  if (typeof value === 'boolean') values.set(key, value ? 'on' : 'off');
  else if (typeof value === 'string' || typeof value === 'number') values.set(key, String(value));
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value))
      flatten(item, key === '' ? name : `${key}.${name}`, values, depth + 1);
}
