/**
 * Packets of a Perfetto trace: tracks, slices and instants (protos/perfetto/trace/track_event/*.proto and
 * trace_packet.proto of Perfetto; field numbers are from there). A trace file is nothing but packets.
 */
import { Message } from './message.ts';

/** A track that slices and instants lie on. Process tracks group others. */
export interface Track {
  /** Not 0, one for each track. */
  readonly uuid: number;
  readonly parent: number | undefined;
  readonly name: string;
  /** Number of the group this is the track of, where it is one. */
  readonly group?: number | undefined;
}

/** Something on a track. Times are ns of the trace's clock. */
export interface TrackEvent {
  readonly at: bigint;
  readonly track: number;
  readonly name: string;
  /** The flow it is a step of: steps are joined by arrows in the order of time. */
  readonly flow?: number | undefined;
  readonly values?: Readonly<Record<string, number | string>> | undefined;
}

const TRACE = { packet: 1 } as const;
const PACKET = { timestamp: 8, sequence: 10, trackEvent: 11, flags: 13, trackDescriptor: 60 } as const;
const TRACK = { uuid: 1, name: 2, process: 3, parent: 5 } as const;
const PROCESS = { pid: 1, name: 6 } as const;
const EVENT = { annotation: 4, type: 9, track: 11, category: 22, name: 23, flow: 47 } as const;
const ANNOTATION = { int: 4, text: 6, name: 10 } as const;
const TYPE = { begin: 1, end: 2, instant: 3 } as const;
/** All packets come from one writer. */
const SEQUENCE = 1;
/** SEQ_INCREMENTAL_STATE_CLEARED: nothing that came before is needed to read on. */
const STATE_CLEARED = 1;

/** The packet that makes a track known; `first` for the first packet of a file. */
export function trackPacket({ uuid, parent, name, group }: Track, first: boolean): Uint8Array {
  const track = new Message().uint(TRACK.uuid, uuid).text(TRACK.name, name);
  if (parent !== undefined) track.uint(TRACK.parent, parent);
  if (group !== undefined)
    track.message(TRACK.process, new Message().uint(PROCESS.pid, group).text(PROCESS.name, name));
  const packet = new Message().uint(PACKET.sequence, SEQUENCE).message(PACKET.trackDescriptor, track);
  return framed(first ? packet.uint(PACKET.flags, STATE_CLEARED) : packet);
}

/** The packet of an instant. */
export function instantPacket(event: TrackEvent): Uint8Array {
  return eventPacket(event.at, described(event, TYPE.instant));
}

/** The packet that begins a slice; `endPacket` of the same track ends it. Slices of a track nest. */
export function beginPacket(event: TrackEvent): Uint8Array {
  return eventPacket(event.at, described(event, TYPE.begin));
}

/** The packet that ends the latest slice of a track. */
export function endPacket(track: number, at: bigint): Uint8Array {
  return eventPacket(at, new Message().uint(EVENT.type, TYPE.end).uint(EVENT.track, track));
}

function described({ track, name, flow, values = {} }: TrackEvent, type: number): Message {
  const event = new Message().uint(EVENT.type, type).uint(EVENT.track, track).text(EVENT.name, name);
  event.text(EVENT.category, 'iotrace');
  if (flow !== undefined) event.fixed64(EVENT.flow, flow);
  for (const [key, value] of Object.entries(values)) {
    const annotation = new Message().text(ANNOTATION.name, key);
    if (typeof value === 'string') annotation.text(ANNOTATION.text, value);
    else annotation.uint(ANNOTATION.int, BigInt.asUintN(64, BigInt(value)));
    event.message(EVENT.annotation, annotation);
  }
  return event;
}

function eventPacket(at: bigint, event: Message): Uint8Array {
  return framed(
    new Message()
      .uint(PACKET.timestamp, at)
      .uint(PACKET.sequence, SEQUENCE)
      .message(PACKET.trackEvent, event),
  );
}

function framed(packet: Message): Uint8Array {
  return new Message().message(TRACE.packet, packet).bytes();
}
