import { expect, it } from 'vitest';
import { kindId } from '../../parsers/event-kinds.ts';
import { messageChains, messagesOf } from '../../src/correlate/cpu-messages.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { indexOccurrences } from '../../src/trace/occurrences.ts';

const [SIGNAL, ENTER, READ] = ['eventfd_signal', 'sys_enter_read', 'eventfd_read'].map(kindId) as [
  number,
  number,
  number,
];

/** Signals of one eventfd, 10 µs apart, each read by thread 5 through descriptor 21 a microsecond later. */
function signalled(times: number, eventfd = 7) {
  const builder = new EventTableBuilder();
  for (let at = 0; at < times; at++) {
    const ns = at * 10_000;
    const add = (kind: number, behind: number, cpu: number, tid: number, tag: number) =>
      builder.event(kind, Math.floor(ns / 1e9), (ns % 1e9) + behind, cpu, tid, 0, tag, 0);
    add(SIGNAL, 0, 1, 4, eventfd);
    add(ENTER, 900, 2, 5, 21);
    add(READ, 1000, 2, 5, Number.NaN);
  }
  return indexOccurrences(builder.build().events);
}

it.each([1000, 120_000])('%i signals: each is read where its descriptor is', (times) => {
  const machine = signalled(times);
  const chains = messageChains(machine, new Map());
  expect(chains).toHaveLength(1);
  const { causes, effects } = messagesOf(machine.table, chains[0]!);
  expect(causes.length).toBeGreaterThanOrEqual(Math.min(times, 50_000) - 1);
  expect(causes.every((cause, at) => effects[at] === cause + 2)).toBe(true);
});

it('an eventfd that is named by an address is one as well; none is where it was not recorded', () => {
  expect(messageChains(signalled(1000, 0xffff_8881_0234), new Map())).toHaveLength(1);
  expect(messageChains(signalled(1000, Number.NaN), new Map())).toHaveLength(0);
});
