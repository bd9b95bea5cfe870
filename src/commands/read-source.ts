import type { Format } from '../../parsers/format.ts';
import { EventTableBuilder } from '../trace/event-table-builder.ts';
import type { MachineName, Source } from '../trace/recording.ts';

/** Reads one stream into a table. What the stream holds never makes this throw; only reading it can. */
export async function readSource(
  name: string,
  machine: MachineName,
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Source> {
  const builder = new EventTableBuilder();
  const report = await format.parse(chunks, builder);
  const { events, rejects, losses } = builder.build();
  return {
    name,
    machine,
    format: format.name,
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
