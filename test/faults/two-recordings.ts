/** Recordings that got into one another: a second guest on the same host, another run behind the first. */
import { drawOptions } from '../generate/drawn-options.ts';
import { drawTexts } from '../generate/generate.ts';
import { moveStamps, sortByStamp } from '../support/damage.ts';
import { type Fault, isEvent } from './fault.ts';

/** A drawn host's events as those of another guest on that host: threads, eventfds, drive and interrupt of its own. */
function asOtherGuest(host: string): string[] {
  return host
    .split('\n')
    .filter(isEvent)
    .map((line) =>
      line
        .replace(
          /^(\s*(?:CPU \d\/KVM|IO io0|qemu-system-x86)-)(\d+)/,
          (_, comm: string, tid: string) => comm + (Number(tid) + 500),
        )
        .replace(/ 259,0 /, ' 259,1 ')
        .replace(/ id=(\d+)/, (_, id: string) => ` id=${Number(id) + 100}`)
        .replace('irq=45 name=nvme0q4', 'irq=46 name=nvme1q4')
        .replace('irq=45 ', 'irq=46 '),
    );
}

/** Both guests read the same sectors of their own disks at the same time; nothing but the threads tells them apart. */
export const secondGuest: Fault = {
  name: 'a second guest’s events on the host',
  inject(texts, random) {
    const like = drawOptions(Math.floor(random() * 1e6));
    const isTsc = !/^.*\s\d+\.\d{6}: /m.test(texts.host);
    const other = drawTexts({ ...like, prints: isTsc ? 'x86-tsc' : 'mono' });
    const events = asOtherGuest(other.texts.host);
    const head = texts.host
      .split('\n')
      .filter((line) => line.startsWith('#') && !line.startsWith('# entries'));
    const own = texts.host.split('\n').filter(isEvent);
    const host = sortByStamp([...head, ...own, ...events].join('\n'));
    return { texts: { ...texts, host }, shows: false };
  },
};

/** Another run's trace behind this one's, of a clock that knows nothing of it. */
const another: Fault = {
  name: 'another recording behind it',
  inject(texts, random) {
    const isDrawn = texts.host.includes('IO io0-910') || texts.host.includes('qemu-system-x86-900');
    if (!isDrawn) return undefined;
    const like = drawOptions(Math.floor(random() * 1e6));
    const prints = /^.*\s\d+\.\d{6}: /m.test(texts.host) ? 'mono' : 'x86-tsc';
    const other = drawTexts({ ...like, prints }).texts.host;
    // Ten seconds later in either unit; threads, drive and sectors are the same.
    const later = moveStamps(other, () => 10_000_000_000n);
    return { texts: { ...texts, host: texts.host + later }, shows: false };
  },
};

export const TWO_RECORDINGS: readonly Fault[] = [secondGuest, another];
