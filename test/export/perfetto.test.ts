/** The trace file, decoded by protobufjs with Perfetto's own field numbers: the Perfetto UI itself is not here to open it. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { perfettoTrace } from '../../src/export/perfetto/perfetto-trace.ts';
import { requestRows } from '../../src/export/request-rows.ts';
import { followSample } from './follow-sample.ts';

interface Packet {
  readonly timestamp?: string;
  readonly trustedPacketSequenceId: number;
  readonly sequenceFlags?: number;
  readonly trackDescriptor?: {
    readonly uuid: string;
    readonly name: string;
    readonly parentUuid?: string;
    readonly process?: { readonly pid: number; readonly processName: string };
  };
  readonly trackEvent?: {
    readonly type: 'TYPE_SLICE_BEGIN' | 'TYPE_SLICE_END' | 'TYPE_INSTANT';
    readonly trackUuid: string;
    readonly name?: string;
    readonly flowIds?: readonly string[];
    readonly debugAnnotations?: readonly {
      readonly name: string;
      readonly intValue?: string;
      readonly stringValue?: string;
    }[];
  };
}

const proto = readFileSync(new URL('perfetto.proto', import.meta.url), 'utf8');
const Trace = protobuf.parse(proto).root.lookupType('perfetto.protos.Trace');

function decode(bytes: Uint8Array): readonly Packet[] {
  const trace = Trace.toObject(Trace.decode(bytes), { longs: String, enums: String });
  // What a reader does not know it skips: encoded again, nothing may be missing.
  expect(Trace.encode(Trace.fromObject(trace)).finish().length).toBe(bytes.length);
  return trace['packet'] as readonly Packet[];
}

interface Slice {
  readonly track: string;
  readonly name: string;
  readonly begin: bigint;
  end: bigint;
  readonly depth: number;
}

/** Slices as a reader makes them: on each track a stack, by time and, at one time, in the order of the file. */
function slicesOf(packets: readonly Packet[]): Slice[] {
  const slices: Slice[] = [];
  const stacks = new Map<string, Slice[]>();
  const events = packets
    .filter(({ trackEvent }) => trackEvent !== undefined)
    .map((packet, order) => ({ ...packet, at: BigInt(packet.timestamp!), order }))
    .sort((a, b) => (a.at === b.at ? a.order - b.order : a.at < b.at ? -1 : 1));
  for (const { at, trackEvent } of events) {
    const { type, trackUuid: track, name = '' } = trackEvent!;
    const stack = stacks.get(track) ?? [];
    stacks.set(track, stack);
    if (type === 'TYPE_SLICE_BEGIN') {
      const slice = { track, name, begin: at, end: -1n, depth: stack.length };
      stack.push(slice);
      slices.push(slice);
    } else if (type === 'TYPE_SLICE_END') {
      expect(stack.length, `an end without a begin on track ${track}`).toBeGreaterThan(0);
      stack.pop()!.end = at;
    }
  }
  expect([...stacks.values()].every((stack) => stack.length === 0)).toBe(true);
  return slices;
}

describe.each([
  ['virtio-blk-iothread', ['requests', 'guest', 'host']],
  ['vfio-pci-nvme', ['requests', 'guest', 'host']],
  ['virtio-blk-iothread-multiqueue', ['requests', 'guest', 'host']],
  ['bare-metal-nvme', ['requests', 'host']],
])('%s as a Perfetto trace', { timeout: 60_000 }, (name, groups) => {
  it('holds every matched request with its stages, to the nanosecond', async () => {
    const correlated = await followSample(name);
    const packets = decode(Buffer.concat([...perfettoTrace(correlated)]));
    const slices = slicesOf(packets);
    const lanes = new Set(
      packets.flatMap(({ trackDescriptor: track }) =>
        track?.name.startsWith('in flight') ? [track.uuid] : [],
      ),
    );
    const rows = [...requestRows(correlated)].flatMap((row) =>
      'status' in row && row.status === 'matched' ? [row] : [],
    );
    const whole = slices.filter(({ track, depth }) => lanes.has(track) && depth === 0);
    expect(whole.map((slice) => [slice.name, Number(slice.end - slice.begin)])).toEqual(
      rows.map(({ request, totalNs }) => [`request ${request}`, totalNs]),
    );
    const epoch = correlated.app.table.epoch;
    rows.forEach(({ request, startNs, stages }, index) => {
      expect(whole[index]!.begin).toBe(epoch + BigInt(startNs));
      const inside = slices.filter(
        ({ track, depth, begin, end }) =>
          depth === 1 &&
          track === whole[index]!.track &&
          begin >= whole[index]!.begin &&
          end <= whole[index]!.end,
      );
      const sums: Record<string, number> = {};
      for (const { name: stage, begin, end } of inside)
        sums[stage] = (sums[stage] ?? 0) + Number(end - begin);
      expect(sums, `request ${request}`).toEqual(stages);
    });
  });

  it('has its tracks under groups, announced before they are used, and one flow a request', async () => {
    const correlated = await followSample(name);
    const packets = decode(Buffer.concat([...perfettoTrace(correlated)]));
    const known = new Set<string>();
    const names = new Map<string, string>();
    const flows = new Map<string, { at: bigint; track: string }[]>();
    expect(packets[0]!.sequenceFlags).toBe(1);
    for (const { trackDescriptor: track, trackEvent: event, timestamp, trustedPacketSequenceId } of packets) {
      expect(trustedPacketSequenceId).toBe(1);
      if (track !== undefined) {
        expect(known.has(track.uuid)).toBe(false);
        if (track.process === undefined) expect(known.has(track.parentUuid!)).toBe(true);
        known.add(track.uuid);
        names.set(track.uuid, `${names.get(track.parentUuid ?? '') ?? ''}/${track.name}`);
      }
      if (event !== undefined) expect(known.has(event.trackUuid)).toBe(true);
      for (const flow of event?.flowIds ?? [])
        flows.set(flow, [...(flows.get(flow) ?? []), { at: BigInt(timestamp!), track: event!.trackUuid }]);
    }
    const processes = packets.flatMap(({ trackDescriptor: track }) =>
      track?.process ? [track.process.processName] : [],
    );
    expect(processes).toEqual(groups);
    const matched = [...requestRows(correlated)].filter((row) => 'status' in row && row.status === 'matched');
    expect(flows.size).toBe(matched.length);
    for (const steps of flows.values()) {
      expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).toSorted((a, b) => Number(a - b)));
      expect(new Set(steps.map(({ track }) => track)).size).toBeGreaterThan(1);
    }
    const tracks = [...names.values()].map((track) => track.replace(/\d+/g, 'N'));
    const has = (form: RegExp) =>
      expect(
        tracks.some((track) => form.test(track)),
        `${form} of ${tracks}`,
      ).toBe(true);
    has(/^\/requests\/in flight N$/);
    has(/\/interrupts, CPU N$/);
    if (!name.startsWith('bare')) has(/^\/host\/vCPU N: CPU N\/KVM N$/);
    if (name.startsWith('virtio')) has(/^\/host\/IOThread: IO ioN N$/);
  });
});
