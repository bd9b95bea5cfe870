import { describe, expect, it } from 'vitest';
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import { followAppRequests } from '../../src/correlate/app-requests.ts';
import { matchHostRequests } from '../../src/correlate/host-requests.ts';
import type { EventTable } from '../../src/trace/event-table.ts';
import { indexOccurrences } from '../../src/trace/occurrences.ts';
import type { MachineName } from '../../src/trace/recording.ts';

/** A request: its sector, and when it was issued, µs. */
type Drawn = readonly [sector: number, us: number];

const LATENCY_US = 30;

async function tableOf(machine: MachineName, requests: readonly Drawn[]): Promise<EventTable> {
  const device = machine === 'host' ? '259,0' : '254,0';
  const lines = requests
    .flatMap(([sector, us]): [number, string][] => [
      [us, `block_rq_issue: ${device} RS 4096 () ${sector} + 8 [fio]`],
      [us + LATENCY_US, `block_rq_complete: ${device} RS () ${sector} + 8 [0]`],
    ])
    .sort(([a], [b]) => a - b)
    .map(([us, event]) => `    fio-142    [000] .....  5.${String(us).padStart(6, '0')}000: ${event}`);
  const bytes = Buffer.from(`# tracer: nop\n#\n${lines.join('\n')}\n`, 'latin1');
  const chunks = async function* () {
    yield bytes;
  };
  const name = `${machine}.trace`;
  return (await readSource(name, machine, chooseFormat(name, bytes), chunks())).events;
}

async function apartNs(guest: readonly Drawn[], host: readonly Drawn[]): Promise<number | undefined> {
  const app = indexOccurrences(await tableOf('guest', guest));
  const device = app.table.dev[0]!;
  const requests = followAppRequests(app, device, false);
  return matchHostRequests(app.table, requests, indexOccurrences(await tableOf('host', host)))?.apartNs;
}

/** Twenty requests one after the other, from a time on. */
const pass = (from: number): Drawn[] =>
  Array.from({ length: 20 }, (_, at) => [1000 + ((at * 7) % 20) * 8, from + at * 100]);
const later = (requests: readonly Drawn[], us: number): Drawn[] =>
  requests.map(([sector, at]) => [sector, at + us]);

describe('requests at two distances from their host requests, drawn', () => {
  it('are found where a clock was set between them', async () => {
    const guest = pass(100);
    const host = [...guest.slice(0, 12), ...later(guest.slice(12), 500)];
    expect(await apartNs(guest, host)).toBe(500_000);
    expect(await apartNs([...guest.slice(0, 5), ...later(guest.slice(5), 700)], guest)).toBe(700_000);
  });

  it('are none where all have one', async () => {
    expect(await apartNs(pass(100), pass(40_100))).toBeUndefined();
  });

  it('are none where the host’s page cache held what is read again', async () => {
    expect(await apartNs([...pass(100), ...pass(5_100)], pass(100))).toBeUndefined();
  });

  it('are none where the machines recorded different passes of several', async () => {
    const [first, second, third] = [pass(100), pass(5_100), pass(10_100)];
    expect(await apartNs([...first, ...second], [...second, ...third])).toBeUndefined();
    expect(await apartNs([...second, ...third], [...first, ...second])).toBeUndefined();
  });
});
