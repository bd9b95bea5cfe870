import { describe, expect, it } from 'vitest';
import type { EventSink } from '../../../parsers/event-sink.ts';
import { ftraceText } from '../../../parsers/ftrace-text.ts';
import { fixture, line, parse } from './trace-text.ts';

describe('tasks', () => {
  it('are told with their names and thread groups', async () => {
    const { tasks } = await parse(fixture('host-vfio.trace'));
    expect([...tasks]).toEqual([
      [3077, { comm: 'CPU 0/KVM', tgid: 3067 }],
      [0, { comm: '<idle>', tgid: undefined }],
    ]);
  });

  it('have no name where the kernel had forgotten it', async () => {
    const { tasks } = await parse(fixture('host-nocmd.trace'));
    expect(tasks.get(1509)).toEqual({ comm: '', tgid: undefined });
    expect(tasks.get(0)).toEqual({ comm: '<idle>', tgid: undefined });
  });

  it('are told once, and again when something about them becomes known', async () => {
    const told: unknown[] = [];
    const sink: EventSink = {
      event: () => {},
      string: () => 0,
      task: (...task) => void told.push(task),
      lost: () => {},
      reject: (reason) => expect.unreachable(reason),
    };
    const text = [
      line({ task: '          <...>-151    ', group: '(-------) ' }),
      line({ task: '          <...>-151    ', group: '(-------) ' }),
      line({ task: '            qd1-151    ', group: '(-------) ' }),
      line({ task: '          <...>-151    ', group: '(    150) ' }),
      line({ task: '            qd1-151    ', group: '(    150) ' }),
      line({ task: '          other-151    ', group: '(    149) ' }),
    ].join('');
    async function* chunks() {
      yield Buffer.from(text);
    }
    await ftraceText.parse(chunks(), sink);
    expect(told).toEqual([
      [151, '', undefined],
      [151, 'qd1', undefined],
      [151, '', 150],
    ]);
  });
});

describe('a task', () => {
  it.each([
    'a [000] 1.0: x',
    'a-1 [000] 1: x',
    '-1 [000] 2: y-3',
    'CPU:3 [LOST 1 E',
    '# tracer: nop',
    'cpus=4',
    '=> x',
    '(-------) [003]',
    'kworker/0:1H-kb',
    '\u{e9}\u{e9}\u{e9}',
    '<...>x',
    '-',
  ])('may be called %j, also after blanks were lost', async (comm) => {
    const bytes = Buffer.byteLength(comm);
    const text = line({
      task: `${' '.repeat(15 - bytes)}${comm}-4194303`,
      group: '(4194302) ',
      cpu: '[1023]',
    });
    for (const each of [text, text.trimStart()]) {
      const { rows, tasks, rejects } = await parse(each);
      expect(rejects).toEqual([]);
      expect(rows).toMatchObject([
        { name: 'kvm_inj_virq', sec: 38, nsec: 875_870_000, cpu: 1023, tid: 4194303 },
      ]);
      expect(tasks.get(4194303)).toEqual({ comm, tgid: 4194302 });
    }
  });
});
