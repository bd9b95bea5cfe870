/** The block layer's steps of real recordings, against what another reader pairs of their text: no code is shared. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { blktrace } from '../../parsers/blktrace.ts';
import type { Format } from '../../parsers/format.ts';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { followRecording } from '../../src/commands/analyze.ts';
import { readSource } from '../../src/commands/read-source.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';
import type { PointId } from '../../src/paths/points.ts';
import { NO_ROW } from '../../src/trace/units.ts';

const read = (file: string) => gunzipSync(readFileSync(new URL(`../fixtures/${file}.gz`, import.meta.url)));

async function followed(format: Format, ...files: readonly string[]): Promise<Correlated> {
  const sources = await Promise.all(
    files.map((file) => {
      const chunks = async function* () {
        yield read(file);
      };
      return readSource(file.split('/').at(-1)!, 'host', format, chunks());
    }),
  );
  const outcome = followRecording({ sources, groundTruth: undefined, facts: {} }, {});
  if ('failure' in outcome) throw new Error(outcome.failure);
  return outcome.correlated;
}

/** A request: where it begins, and when it was queued, got its request, was inserted and issued, ns; undefined where it was not. */
type Way = readonly [sector: number, ...times: (number | undefined)[]];

/** What iotrace makes of it, in order of issue; times after the first issue. */
function waysOf({ requests, app }: Correlated): Way[] {
  const points: readonly PointId[] = ['host:queue', 'host:getrq', 'host:insert', 'host:issue'];
  const columns = points.map((point) => requests.rows.get(point));
  const { ts } = app.table;
  const base = ts[columns[3]![0]!]!;
  return Array.from({ length: requests.length }, (_, request) => [
    requests.sector[request]!,
    ...columns.map((rows) => {
      const row = rows?.[request] ?? NO_ROW;
      return row === NO_ROW ? undefined : ts[row]! - base;
    }),
  ]);
}

/** One step of a request or bio, as a line of text says it. */
interface Step {
  readonly what: string;
  readonly ns: number;
  readonly sector: number;
  readonly sectors: number;
}

interface Waiting {
  readonly sector: number;
  end: number;
  readonly queue: number | undefined;
  readonly getrq: number;
  insert: number | undefined;
}

/** The same, of the steps: a bio is looked for that holds the request's first sector, a request that ends where a merged bio begins. */
function paired(steps: readonly Step[]): Way[] {
  const bios: Step[] = [];
  const waiting: Waiting[] = [];
  const issued: Way[] = [];
  for (const step of steps) {
    const { what, ns, sector, sectors } = step;
    const own = waiting.find((each) => each.sector === sector);
    if (what === 'Q') bios.push(step);
    else if (what === 'G') {
      const bio = bios.findLast((each) => each.sector <= sector && sector < each.sector + each.sectors);
      waiting.push({ sector, end: sector + sectors, queue: bio?.ns, getrq: ns, insert: undefined });
    } else if (what === 'M') waiting.find(({ end }) => end === sector)!.end += sectors;
    else if (what === 'I' && own !== undefined) own.insert = ns;
    else if (what === 'D' && own !== undefined) {
      issued.push([sector, own.queue, own.getrq, own.insert, ns]);
      waiting.splice(waiting.indexOf(own), 1);
    }
  }
  const base = issued[0]!.at(-1)!;
  return issued.map(([sector, ...times]) => [
    sector,
    ...times.map((ns) => (ns === undefined ? undefined : ns - base)),
  ]);
}

const LETTERS: Readonly<Record<string, string>> = {
  bio_queue: 'Q',
  getrq: 'G',
  bio_backmerge: 'M',
  rq_insert: 'I',
  rq_issue: 'D',
};

/** Microseconds of the text are whole nanoseconds. */
const nanoseconds = (seconds: string) =>
  Math.round(Number(seconds.replace('.', '')) * 10 ** (9 - seconds.split('.')[1]!.length));

function ftraceSteps(file: string): Step[] {
  const line = /(\d+\.\d+): block_(\w+): \d+,\d+ [RW]\w* (?:\d+ \([^)]*\) )?(\d+) \+ (\d+)/;
  return [...read(file).toString('latin1').matchAll(new RegExp(line, 'g'))].flatMap(
    ([, time, event, sector, sectors]) => {
      const what = LETTERS[event!];
      const step = { ns: nanoseconds(time!), sector: Number(sector), sectors: Number(sectors) };
      return what === undefined ? [] : [{ what, ...step }];
    },
  );
}

function blkparseSteps(file: string): Step[] {
  const line = /^ *\d+,\d+ +\d+ +\d+ +(\d+\.\d+) +\d+ +([QGMID]) +[RW]\w* (\d+) \+ (\d+)/gm;
  return [...read(file).toString('latin1').matchAll(line)].map(([, time, what, sector, sectors]) => ({
    what: what!,
    ns: nanoseconds(time!),
    sector: Number(sector),
    sectors: Number(sectors),
  }));
}

it('are those of 502 requests of mq-deadline, 30 bios of which were merged', async () => {
  const ways = waysOf(await followed(ftraceText, 'ftrace/loop-scheduler.trace'));
  expect(ways.length).toBe(502);
  expect(ways).toEqual(paired(ftraceSteps('ftrace/loop-scheduler.trace')));
});

it('are those of 25 requests that 15 bios were split into', async () => {
  const ways = waysOf(await followed(ftraceText, 'ftrace/loop-split.trace'));
  expect(ways.length).toBe(25);
  expect(ways).toEqual(paired(ftraceSteps('ftrace/loop-split.trace')));
});

it('are in blktrace’s files what blkparse prints of them', async () => {
  const files = ['blktrace/virtio.blktrace.0', 'blktrace/virtio.blktrace.1'];
  const ways = waysOf(await followed(blktrace, ...files));
  expect(ways.length).toBe(145);
  expect(ways).toEqual(paired(blkparseSteps('blktrace/virtio.txt')));
});
