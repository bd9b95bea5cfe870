/** Slices of a recording hold all of it, each row exactly once as their own, and no more at a time than they may. */
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { perfData } from '../../parsers/perf-data.ts';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { readSource } from '../../src/commands/read-source.ts';
import { headOf } from '../../src/commands/read-streams.ts';
import { type Slice, SlicedRecording, type ToOther } from '../../src/commands/slice-recording.ts';
import { SlicedStream } from '../../src/commands/sliced-stream.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import type { MachineName, Source } from '../../src/trace/recording.ts';
import { chunksOf, sliced, traceLine } from './drawn-streams.ts';
import { threadsInTurn } from './threads-in-turn.ts';

/** What a test leaves open. */
let open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open) await close();
  open = [];
});

const same: ToOther = (time) => time;

function opened(streams: readonly SlicedStream[], rowsPerSlice: number, nsPerTick = 1): SlicedRecording {
  const recording = new SlicedRecording(streams, rowsPerSlice, nsPerTick);
  open.push(() => recording.close());
  return recording;
}

async function allSlices(recording: SlicedRecording, toOther: ToOther): Promise<Slice[]> {
  const slices: Slice[] = [];
  for (let slice = await recording.next(toOther); slice !== undefined; slice = await recording.next(toOther))
    slices.push(slice);
  expect(await recording.next(toOther)).toBeUndefined();
  return slices;
}

/** A row as text, with its time on the clock of its stream. */
function textOf({ name, events }: Source, row: number): string {
  const { ts, kind, cpu, tid, dev, tag, aux, epoch } = events;
  if (row === events.length) return 'the end';
  const time = epoch + BigInt(ts[row]!);
  return [name, time, kind[row], cpu[row], tid[row], dev[row], tag[row], aux[row]].join(' ');
}

const rowsOf = (source: Source) => Array.from({ length: source.events.length }, (_, row) => row);
const sizeOf = ({ sources }: Slice) => sources.reduce((sum, { events }) => sum + events.length, 0);

/** The rows that are a slice's own, and the losses in front of them or, in the last, behind all. */
function ownOf(recording: SlicedRecording, { sources, from, to }: Slice, toOther: ToOther, scale = 1) {
  const rows: string[] = [];
  const losses: string[] = [];
  for (const source of sources) {
    const isLead = source.machine === recording.lead;
    const on = (time: number) => (isLead || !Number.isFinite(time) ? time : toOther(time));
    const shift = Number(source.events.epoch - recording.epochOf(source.machine)!);
    const isOwn = (row: number) => {
      const time = (source.events.ts[row]! + shift) * scale;
      return row === source.events.length ? to === Infinity : time >= on(from) && time < on(to);
    };
    rows.push(...rowsOf(source).flatMap((row) => (isOwn(row) ? [textOf(source, row)] : [])));
    for (const { cpu, count, row } of source.losses)
      if (isOwn(row)) losses.push(`${source.name} ${cpu} ${count} ${textOf(source, row)}`);
  }
  return { rows, losses };
}

/** `count` rows, one each `step` µs from `at` on. */
const drawn = (count: number, step: number, at: number, cpu = 0) =>
  Array.from({ length: count }, (_, i) => traceLine(at + i * step, i % 4096, cpu));

/** A sample's streams, to be read whole and in slices. */
async function sample(name: string) {
  const { manifest, member, close } = await openBundle(
    new URL(`../../samples/${name}`, import.meta.url).pathname,
  );
  open.push(close);
  const whole: Source[] = [];
  const streams: SlicedStream[] = [];
  for (const { name: stream, machine, member: file, bytes, script } of manifest.streams) {
    const head = await headOf(member(file));
    const format = chooseFormat(stream, head, script);
    whole.push(await readSource(stream, machine, format, member(file), bytes));
    streams.push(
      await SlicedStream.open({ name: stream, machine, format, head, chunks: member(file), bytes }),
    );
  }
  return { whole, streams };
}

/** A line that maps the guest's time in the sample to the host's, roughly. */
function relation(whole: readonly Source[], scale: number): ToOther {
  const ends = (machine: MachineName) => {
    const { ts } = whole.find((source) => source.machine === machine)!.events;
    return { first: ts[0]! * scale, last: ts[ts.length - 1]! * scale };
  };
  const guest = ends('guest');
  const host = ends('host');
  const slope = (host.last - host.first) / (guest.last - guest.first);
  return (time) => host.first + (time - guest.first) * slope;
}

describe('slices of a recording', () => {
  const names = readdirSync(new URL('../../samples/', import.meta.url)).filter((name) =>
    /^virtio-blk-(iothread|iothread-x86-tsc|userspace-nvme-qemu-log|iothread-multiqueue)\.iotrace\.zip$/.test(
      name,
    ),
  );

  it.each(names)('have each row of %s once', async (name) => {
    const { whole, streams } = await sample(name);
    expect(SlicedRecording.whyNot(streams)).toBeUndefined();
    const scale = whole[0]!.unit === 'ticks' ? 0.47619 : 1;
    const toOther = relation(whole, scale);
    const rowsPerSlice = 8000;
    const recording = opened(streams, rowsPerSlice, scale);
    const slices = await allSlices(recording, toOther);
    expect([recording.lead, recording.agrees, recording.late]).toEqual(['guest', true, 0]);
    expect(slices.length).toBeGreaterThan(2);
    expect([slices[0]!.from, slices.at(-1)!.to]).toEqual([-Infinity, Infinity]);
    for (const [index, { from }] of slices.entries()) if (index > 0) expect(from).toBe(slices[index - 1]!.to);
    const own = slices.flatMap((slice) => ownOf(recording, slice, toOther, scale).rows);
    const all = whole.flatMap((source) => rowsOf(source).map((row) => textOf(source, row)));
    expect(own.length).toBe(all.length);
    expect(own.sort()).toEqual(all.sort());
  });

  it('hold about as many rows as they may, whatever the machines’ shares', async () => {
    const guest = drawn(4000, 100, 5_000_000).join('');
    // The host is quiet at first, then has forty rows for one of the guest.
    const host = [
      ...drawn(100, 1000, 5_000_000),
      ...drawn(40_000, 2, 5_100_000),
      ...drawn(200, 1000, 5_200_000),
    ];
    const recording = opened([await sliced(guest), await sliced(host.join(''), 'host')], 2000);
    const slices = await allSlices(recording, same);
    const sizes = slices.map(sizeOf);
    expect(Math.max(...sizes)).toBeLessThan(2600);
    expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeGreaterThan(1600);
    expect(slices.flatMap((slice) => ownOf(recording, slice, same).rows).length).toBe(44_300);
  });

  it('cover some time on each side', async () => {
    const recording = opened([await sliced(drawn(4000, 100, 5_000_000).join(''))], 1000);
    const [first, second, third] = await allSlices(recording, same);
    const { events } = second!.sources[0]!;
    const overlap = (second!.to - second!.from) / 64;
    expect(second!.from - events.ts[0]!).toBeGreaterThan(0.8 * overlap);
    expect(events.ts[events.length - 1]! - second!.to).toBeGreaterThan(0.8 * overlap);
    expect(events.ts[0]).toBeGreaterThan(first!.sources[0]!.events.ts[0]!);
    expect(third!.sources[0]!.events.ts[0]).toBeLessThan(second!.to);
  });

  it('are cut at the same places, however much of a stream comes at once', async () => {
    const guest = Buffer.from(drawn(6000, 100, 5_000_000).join(''));
    const host = Buffer.from(drawn(9000, 70, 4_990_000).join(''));
    const cuts: number[][] = [];
    for (const size of [200, 500, 7000, 60_000]) {
      const streams = [
        await sliced(guest, 'guest', { chunks: chunksOf(guest, size) }),
        await sliced(host, 'host', { chunks: chunksOf(host, size) }),
      ];
      cuts.push((await allSlices(opened(streams, 1500), same)).map(({ to }) => to));
    }
    expect(cuts[0]!.length).toBeGreaterThan(5);
    for (const others of cuts) expect(others).toEqual(cuts[0]);
  });

  it('are cut at one time in all streams of a machine', async () => {
    const streams = [
      await sliced(drawn(3000, 100, 5_000_000, 0).join(''), 'guest', { name: 'cpu0' }),
      await sliced(drawn(30, 10_000, 4_999_990, 1).join(''), 'guest', { name: 'cpu1' }),
      await sliced('# tracer: nop\n', 'guest', { name: 'cpu2' }),
      await sliced(drawn(700, 100, 5_200_050, 3).join(''), 'guest', { name: 'cpu3' }),
    ];
    expect(SlicedRecording.whyNot(streams)).toBeUndefined();
    const recording = opened(streams, 600);
    const slices = await allSlices(recording, same);
    expect(slices.length).toBeGreaterThan(5);
    expect(slices.every(({ sources }) => sources.length === 4)).toBe(true);
    const own = slices.flatMap((slice) => ownOf(recording, slice, same).rows);
    expect([own.length, new Set(own).size, recording.late]).toEqual([3730, 3730, 0]);
  });

  it('have each loss once', async () => {
    const lines = drawn(3000, 100, 5_000_000).flatMap((text, i) =>
      i % 10 === 3 ? [`CPU:0 [LOST ${i} EVENTS]\n`, text] : [text],
    );
    lines.push('CPU:0 [LOST 7 EVENTS]\n');
    const recording = opened([await sliced(lines.join(''))], 500);
    const slices = await allSlices(recording, same);
    const losses = slices.flatMap((slice) => ownOf(recording, slice, same).losses);
    expect([losses.length, new Set(losses).size]).toEqual([301, 301]);
    expect(slices.slice(0, -1).every((slice) => ownOf(recording, slice, same).losses.length > 20)).toBe(true);
  });

  it('take what the other machine recorded before and behind', async () => {
    const guest = drawn(1000, 100, 5_000_000).join('');
    const host = drawn(3000, 100, 4_900_000).join('');
    const recording = opened([await sliced(host, 'host'), await sliced(guest)], 500);
    const toOther: ToOther = (time) => time + 100_000_000;
    const slices = await allSlices(recording, toOther);
    expect(slices.length).toBeGreaterThan(3);
    const own = slices.flatMap((slice) => ownOf(recording, slice, toOther).rows);
    expect([own.length, new Set(own).size]).toEqual([4000, 4000]);
  });

  it('end though all rows have one time', async () => {
    const still = Array.from({ length: 3000 }, (_, i) => traceLine(5_000_000, i)).join('');
    const recording = opened([await sliced(still), await sliced(still, 'host')], 100);
    const slices = await allSlices(recording, same);
    expect(slices.flatMap((slice) => ownOf(recording, slice, same).rows).length).toBe(6000);
  });

  it('are no larger where much comes at once at the end', async () => {
    const text = drawn(4000, 100, 5_000_000).join('');
    const threads = { ...threadsInTurn(4, 20_000), close: async () => undefined };
    const recording = opened([await sliced(text, 'guest', { threads, bytes: 1 << 27 })], 500);
    const slices = await allSlices(recording, same);
    expect(Math.max(...slices.map(sizeOf))).toBeLessThan(700);
    expect(slices.flatMap((slice) => ownOf(recording, slice, same).rows).length).toBe(4000);
  });

  it('are one where all fits', async () => {
    const recording = opened([await sliced(drawn(100, 1, 5_000_000).join(''), 'host')], 1000);
    const slices = await allSlices(recording, same);
    expect(slices.map(({ from, to }) => [from, to])).toEqual([[-Infinity, Infinity]]);
    expect([recording.lead, sizeOf(slices[0]!)]).toEqual(['host', 100]);
  });

  it('miss a row that comes too late, which is counted', async () => {
    const lines = drawn(3000, 100, 5_000_000);
    lines.splice(2500, 0, traceLine(5_000_150, 999));
    const recording = opened([await sliced(lines.join(''))], 500);
    await allSlices(recording, same);
    expect(recording.late).toBe(1);
  });

  it('can be tried without being taken, each time more of them', async () => {
    const long = (lines: readonly string[], machine: MachineName) =>
      sliced(lines.join(''), machine, { chunks: chunksOf(Buffer.from(lines.join('')), 20_000) });
    const guest = await long(drawn(100_000, 10, 5_000_000), 'guest');
    const recording = opened([await long(drawn(13_000, 100, 5_000_000), 'host'), guest], 90_000);
    const small = (await recording.trial())!;
    expect(small.map(({ machine }) => machine)).toEqual(['guest', 'host']);
    const [few, fewOfHost] = small.map(({ events }) => events.length);
    // A row each 10 µs of the guest: 0.2 s of it, and of the host a quarter and 50 ms more.
    expect(few).toBeGreaterThanOrEqual(20_000);
    expect(few).toBeLessThan(26_000);
    expect(fewOfHost! / ((few! * 1.25) / 10 + 500)).toBeCloseTo(1, 2);
    const large = (await recording.trial())!;
    const [more, moreOfHost] = large.map(({ events }) => events.length);
    expect(more).toBeGreaterThanOrEqual(80_000);
    expect(more).toBeLessThan(86_000);
    expect(moreOfHost! / ((more! * 1.25) / 10 + 2000)).toBeCloseTo(1, 2);
    expect(textOf(large[0]!, few! - 1)).toBe(textOf(small[0]!, few! - 1));
    expect([await recording.trial(), await recording.trial()]).toEqual([undefined, undefined]);
    const own = (await allSlices(recording, same)).flatMap((slice) => ownOf(recording, slice, same).rows);
    expect([own.length, new Set(own).size]).toEqual([113_000, 113_000]);
  });

  it('are tried no further than the recording goes', async () => {
    const text = Array.from({ length: 100 }, (_, at) => traceLine(5_000_000 + at * 100, at)).join('');
    const recording = opened([await sliced(text), await sliced(text, 'host')], 500);
    let trials = 0;
    while (trials < 10 && (await recording.trial()) !== undefined) trials++;
    expect(trials).toBeLessThan(10);
  });

  it('are tried no further than a few slices go', async () => {
    const text = drawn(3000, 100, 5_000_000).join('');
    const recording = opened([await sliced(text, 'host'), await sliced(text)], 500);
    const [guest, host] = (await recording.trial())!;
    // With four times as many of both a trial would have more than four slices may.
    expect([guest!.events.length, host!.events.length]).toEqual([500, 1124]);
    expect(await recording.trial()).toBeUndefined();
  });

  it('fail when reading fails', async () => {
    async function* chunks() {
      yield Buffer.from(drawn(100, 100, 5_000_000).join(''));
      throw new Error('the disk is gone');
    }
    const text = drawn(3000, 100, 5_000_000).join('');
    const recording = opened([await sliced(text), await sliced(text, 'host', { chunks: chunks() })], 500);
    await expect(allSlices(recording, same)).rejects.toThrow('the disk is gone');
  });

  it('end early when nobody wants more', async () => {
    const text = drawn(3000, 100, 5_000_000).join('');
    const streams = [await sliced(text), await sliced(text, 'host')];
    const recording = opened(streams, 500);
    expect(await recording.next(same)).toBeDefined();
    await recording.close();
    await expect(recording.next(same)).rejects.toThrow('closed');
  });
});

describe('no slices', () => {
  const text = drawn(10, 100, 5_000_000).join('');
  const empty = '# tracer: nop\n';

  it('of streams that show nothing, or have nothing to be led by', async () => {
    const late = await sliced(empty + text, 'host', { head: Buffer.from(empty) });
    const guest = await sliced(empty);
    const host = await sliced(text, 'host');
    expect(SlicedRecording.whyNot([])).toBe('There are no streams.');
    expect(SlicedRecording.whyNot([late])).toBe("'host.trace' shows no event in its beginning.");
    expect(SlicedRecording.whyNot([guest, host])).toBe('The streams of the guest hold no event.');
    for (const stream of [late, guest, host]) await stream.close();
  });

  it('of streams of one machine with several clocks, or of a format that is read whole', async () => {
    const streams = [await sliced(text), await sliced(text, 'guest', { name: 'b', clock: 'boot' })];
    expect(SlicedRecording.whyNot(streams)).toBe(
      "'b' has another clock than the other streams of the guest.",
    );
    const other = await sliced(text, 'guest', { name: 'c', format: perfData });
    expect(SlicedRecording.whyNot([other])).toBe("'c' is perf.data, which is read whole.");
    for (const stream of [...streams, other]) await stream.close();
  });
});
