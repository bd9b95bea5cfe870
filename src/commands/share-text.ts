/** What `iotrace share` says: every name that is replaced, and all that is left out. Foreign text is quoted. */
import { quoted } from '../errors.ts';
import type { Pseudonyms } from '../share/pseudonyms.ts';

/** The list of --dry-run, one line each. */
export function shareText(names: Pseudonyms): string {
  const replaced = names
    .replacements()
    .map(({ kind, original, pseudonym }) => `replaced  ${kind}  ${quoted(original)} → ${pseudonym}`);
  const dropped = names.dropped().map(({ what, why }) => `left out  ${quoted(what)}: ${why}`);
  const fixed = [
    'rewritten  title → shared recording',
    'rewritten  streams → the events read from them; texts, scripts and unread events are left out',
    'rewritten  addresses of memory → numbers in the order they are met',
  ];
  return [...fixed, ...replaced, ...dropped].map((line) => `${line}\n`).join('');
}

/** In few lines, for stderr. */
export function shareSummary(names: Pseudonyms): string[] {
  const reasons = new Set(names.dropped().map(({ why }) => why));
  return [
    `${names.replacements().length} names replaced (--dry-run lists them)`,
    ...[...reasons].map((reason) => {
      const things = names.dropped().filter(({ why }) => why === reason);
      return `left out, ${reason}: ${things.map(({ what }) => quoted(what)).join(', ')}`;
    }),
  ];
}
