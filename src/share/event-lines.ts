/** A stream as lines of 'iotrace events' (parsers/iotrace-events.ts): what was understood of it, nothing else. */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import { IOTRACE_EVENTS_HEADER } from '../../parsers/iotrace-events.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { Source, SourceLoss } from '../trace/recording.ts';
import { shareInterruptName, shareTaskName } from './known-names.ts';
import { isAddress, type NumberedAddresses } from './numbered-addresses.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** What stands in place of names and addresses, the same for all streams of a bundle. */
export interface Sharing {
  readonly names: Pseudonyms;
  readonly addresses: NumberedAddresses;
}

const BILLION = 1_000_000_000n;
/** Rows of a chunk of text. */
const ROWS = 4096;

/**
 * The text in pieces of some 100 kB. `source.format` is one of the formats' names. `ownWords`: the reasons of rejects are
 * a parser's, not what a bundle said that was shared before.
 */
export function* eventLines(source: Source, sharing: Sharing, ownWords: boolean): Generator<string> {
  const { events } = source;
  yield [
    IOTRACE_EVENTS_HEADER,
    ...heading(source),
    ...kindsOf(events).map((kind) => `kind ${kind} ${EVENT_KINDS[kind]!.name}`),
    ...strings(events, sharing.names),
    ...[...events.tasks].map(
      ([tid, { comm, tgid }]) => `task ${tid} ${tgid ?? '-'} ${shareTaskName(comm, sharing.names)}`,
    ),
    ...rejects(source, ownWords, sharing.names),
    `start ${events.epoch / BILLION} ${events.epoch % BILLION}`,
    '',
  ].join('\n');
  yield* rows(source, sharing.addresses);
}

function heading(source: Source): string[] {
  const optional = (word: string, value: number | undefined) =>
    value === undefined ? [] : [`${word} ${value}`];
  return [
    `format ${source.format}`,
    `clock ${source.clock}`,
    `unit ${source.unit}`,
    `rounding ${source.roundingNs}`,
    `records ${source.records}`,
    `unused ${source.unused}`,
    ...optional('claimed', source.claimed),
    ...optional('overwritten', source.overwritten),
  ];
}

function kindsOf({ kind }: EventTable): number[] {
  return [...new Set(kind)].sort((a, b) => a - b);
}

function strings({ strings: texts }: EventTable, names: Pseudonyms): string[] {
  return texts.slice(1).map((text, index) => `string ${index + 1} ${shareInterruptName(text, names)}`);
}

/** Reasons of a stream that was shared before are foreign text. */
function rejects(source: Source, ownWords: boolean, names: Pseudonyms): string[] {
  return source.rejects.map(({ reason, count, firstOffset, firstLine }) => {
    const shown = ownWords ? reason : names.of('reason', reason);
    return `reject ${count} ${firstOffset} ${firstLine} ${shown}`;
  });
}

function* rows(source: Source, addresses: NumberedAddresses): Generator<string> {
  const { length, ts, kind, cpu, tid, dev, tag, aux } = source.events;
  let lines: string[] = [];
  let before = 0;
  let loss = 0;
  const lossesAt = (row: number) => {
    for (; loss < source.losses.length && source.losses[loss]!.row <= row; loss++)
      lines.push(lossLine(source.losses[loss]!));
  };
  for (let row = 0; row < length; row++) {
    lossesAt(row);
    const value = tag[row]!;
    const shown = Number.isNaN(value) ? '-' : isAddress(kind[row]!) ? addresses.of(value) : value;
    lines.push(`${kind[row]} ${ts[row]! - before} ${cpu[row]} ${tid[row]} ${dev[row]} ${shown} ${aux[row]}`);
    before = ts[row]!;
    if (lines.length < ROWS) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  lossesAt(length);
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

function lossLine({ cpu, count }: SourceLoss): string {
  return `lost ${cpu} ${count ?? '-'}`;
}
