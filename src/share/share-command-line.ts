/** A command line of QEMU or a storage daemon with what it says of disks and placement, and nobody's names. */
import { firstKeyOf, parseQemuOptions } from '../../parsers/facts/qemu-options.ts';
import { sharePath } from './known-names.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { hasForm, KEYS, OPTIONS } from './share-options.ts';

const PROGRAMS =
  /^(qemu-system-(x86_64|i386|aarch64|ppc64|s390x|riscv64)|qemu-kvm|kvm|qemu-storage-daemon|spdk_tgt|vhost)$/;
/** Words that are looked at; what reads command lines takes no more either. */
const MAX_WORDS = 10_000;

/**
 * The options that are understood, written anew. What is not understood is not there, and counted; `of` says whose
 * command line it is in that sentence.
 */
export function shareCommandLine(text: string, of: string, names: Pseudonyms): string {
  const words = text.split(/[\s\0]+/u, MAX_WORDS);
  const program = /[^/]*$/.exec(words[0] ?? '')?.[0] ?? '';
  const parts = [PROGRAMS.test(program) ? program : names.of('thread', program)];
  const left = new Set<string>();
  for (const { option, values } of parseQemuOptions(words)) {
    const isShared = OPTIONS.has(option);
    const kept: string[] = [];
    for (const [key, value] of isShared ? values : []) {
      const shared = pair(option, key, value, names);
      if (shared !== undefined) kept.push(shared);
      else if (value !== '') left.add(`-${option} ${key}`.trimEnd());
    }
    if (!isShared) left.add(`-${option}`);
    else if (kept.length > 0) parts.push(`-${option}`, kept.join(','));
    else if ([...values.values()].every((value) => value === '')) parts.push(`-${option}`);
  }
  for (const option of left)
    names.drop(`${option}, on the command line of ${of}`, 'not known to be harmless');
  return parts.join(' ');
}

/** `key=value`, the value alone where it is the option's first; undefined when it is not shared. */
function pair(option: string, key: string, value: string, names: Pseudonyms): string | undefined {
  const shared = shareValue(option, key, value, names);
  if (shared === undefined) return undefined;
  return key === '' || (key === firstKeyOf(option) && /^\w[\w.-]*$/.test(shared))
    ? shared
    : `${key}=${shared}`;
}

function shareValue(option: string, key: string, value: string, names: Pseudonyms): string | undefined {
  if (option === 'm' && key === 'size') return hasForm('number', value) ? value : undefined;
  if (!/^[a-z][\w-]*(\.[\w-]+)*$/.test(key)) return undefined;
  const parts = key.split('.');
  // Of a dotted key each part is a known key, or the number of a list's element.
  if (!parts.every((part) => KEYS.has(part) || /^\d{1,4}$/.test(part) || LISTS.has(part))) return undefined;
  const form = KEYS.get(parts.at(-1)!) ?? 'number';
  if (form === 'guest') return names.of('guest', value);
  if (key === 'file' && option === 'drive') return sharePath(value, names);
  if (form === 'id') return names.of('id', value);
  if (form === 'path') return sharePath(value, names);
  return hasForm(form, value) ? value : undefined;
}

/** Parts of dotted keys that hold others. */
const LISTS: ReadonlySet<string> = new Set([
  'iothread-vq-mapping',
  'vqs',
  'host-nodes',
  'addr',
  'cache',
  'server',
]);
