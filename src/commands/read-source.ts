import type { Format } from '../../parsers/format.ts';
import { EventTableBuilder } from '../trace/event-table-builder.ts';
import type { MachineName, Source } from '../trace/recording.ts';

/** No format spends less on an event: a line of text begins with more columns, a binary record is about as long. */
const LEAST_BYTES_AN_EVENT = 48;

/**
 * Reads one stream into a table. What the stream holds never makes this throw; only reading it can. `bytes` is its
 * length where that is known beforehand: memory is then laid out once.
 */
export async function readSource(
  name: string,
  machine: MachineName,
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
  bytes = 0,
): Promise<Source> {
  const builder = new EventTableBuilder(bytes / LEAST_BYTES_AN_EVENT);
  const report = await format.parse(chunks, builder);
  const { events, rejects, losses } = builder.build();
  return {
    name,
    machine,
    format: report.format ?? format.name,
    clock: report.clock,
    unit: report.unit,
    roundingNs: report.roundingNs,
    events,
    records: report.records,
    unused: report.unused,
    claimed: report.claimed,
    overwritten: report.overwritten,
    rejects,
    losses,
  };
}
