/** Holds the requests iotrace followed against the reader's: how many, and when each was. */
import { tickRate } from '../../src/clocks/ticks.ts';
import type { FollowedRecording } from '../../src/commands/analyze.ts';
import { requestRows } from '../../src/export/request-rows.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import type { GroundTruth, Recording } from '../../src/trace/recording.ts';
import type { Run } from './configuration.ts';
import type { Check } from './judge.ts';

/** The least share of the reader's requests that has to be matched: above queue depth 1 some cannot be told apart. */
export const leastMatched = (depth: number) => (depth === 1 ? 0.99 : 0.97);

/** What the reader measured of each request, on the time line of the rows: ns after the application's first stream began. */
interface ReaderSpans {
  readonly bySector: ReadonlyMap<number, { readonly beginNs: number; readonly endNs: number }>;
}

/** Ticks are laid out by the length iotrace found for them: it scales rows and spans alike. */
function readerSpans(
  { sources, facts }: Recording,
  { app }: FollowedRecording['correlated'],
  log: NonNullable<GroundTruth['log']>,
): ReaderSpans {
  const machine = sources.some((source) => source.machine === 'guest') ? 'guest' : 'host';
  const isTicks = sources.find((source) => source.machine === machine)?.unit === 'ticks';
  const nsPerUnit = isTicks ? (tickRate(undefined, facts)?.nsPerTick ?? Number.NaN) : 1;
  const epoch = isTicks ? log.epochTsc : log.epochNs;
  const shiftNs = isTicks
    ? Number(epoch) * nsPerUnit - Number(app.table.epoch)
    : Number(epoch - app.table.epoch);
  const toNs = (value: number) => value * nsPerUnit + shiftNs;
  const [begins, ends] = isTicks ? [log.startTsc, log.endTsc] : [log.startNs, log.endNs];
  const spans = [...log.sector].map(
    (sector, index) => [sector, { beginNs: toNs(begins[index]!), endNs: toNs(ends[index]!) }] as const,
  );
  return { bySector: new Map(spans) };
}

/** How many are matched, and whether each lies within the reader's own times of it. */
export function requestChecks(
  run: Run,
  recording: Recording,
  followed: FollowedRecording,
  model: ReportModel,
  truth: GroundTruth,
): Check[] {
  const matchedCheck = (matched: number): Check => ({
    name: 'matched',
    ok: matched / truth.requests >= leastMatched(run.depth),
    text: `${matched} of ${truth.requests}, ${reasonsOf(model) || 'none left out'}`,
  });
  // fio tells how many there were, not when each was.
  if (truth.log === undefined) return [matchedCheck(model.requests.matched)];
  const reader = readerSpans(recording, followed.correlated, truth.log);
  let matched = 0;
  let inside = 0;
  let unnamed = 0;
  let example = '';
  for (const row of requestRows(followed.correlated)) {
    const span = 'status' in row ? reader.bySector.get(row.sector) : undefined;
    if (span === undefined || !('status' in row)) continue;
    if (row.status !== 'matched') {
      if (row.reason === undefined || row.reason === '') unnamed++;
      continue;
    }
    matched++;
    const before = row.startNs - span.beginNs;
    const after = span.endNs - (row.startNs + row.totalNs!);
    // Stamps of a text tracer are whole microseconds: each end may be off by one. Seen from the host alone a request lasts
    // until the guest's next one: that holds more than the reader measured.
    const fits = !run.guestAccess || (before >= -ROUNDING_NS && after >= -ROUNDING_NS);
    if (fits) inside++;
    else if (example === '')
      example = `; sector ${row.sector}: ${Math.round(before)} ns after its begin, ${Math.round(after)} ns before its end`;
  }
  return [
    matchedCheck(matched),
    { name: 'the rest has a reason', ok: unnamed === 0, text: `${unnamed} without one` },
    {
      name: 'within the reader’s times',
      ok: matched > 0 && inside >= matched * 0.99,
      text: `${inside} of ${matched}${example}`,
    },
  ];
}

const ROUNDING_NS = 1000;

function reasonsOf({ requests }: ReportModel): string {
  return Object.entries({ ...requests.rejected, ...requests.quarantineReasons, ...requests.outsideReasons })
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
