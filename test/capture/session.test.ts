import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interrupts } from '../../src/capture/interrupts.ts';
import {
  type PlannedTracer,
  runSession,
  type SessionPlan,
  type SessionResult,
} from '../../src/capture/session.ts';
import { tracefsTracer } from '../../src/capture/tracefs/tracefs-tracer.ts';
import type { TracerPlan } from '../../src/capture/tracer.ts';
import type { FoundPoint } from '../../src/capture/wanted-point.ts';
import { prepareWorkload } from '../../src/capture/workload.ts';
import { type FakeTraceFiles, fakeTraceFiles, stats } from './fake-trace-files.ts';

const MACHINE = 'instances/iotrace-7-00000000-machine';
const TASKS = 'instances/iotrace-7-00000000-tasks';

const POINTS: readonly FoundPoint[] = [
  {
    kind: 'tracepoint',
    scope: 'machine',
    system: 'block',
    name: 'block_rq_issue',
    filter: { field: 'dev', equals: 1 },
  },
  { kind: 'tracepoint', scope: 'tasks', system: 'syscalls', name: 'sys_enter_pread64' },
];

let folder: string;
let files: FakeTraceFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
  files = fakeTraceFiles();
});
afterEach(() => rm(folder, { recursive: true }));

function plan(more: Partial<SessionPlan & TracerPlan & { tasks: PlannedTracer['tasks'] }> = {}): SessionPlan {
  const tracer = tracefsTracer({
    files,
    name: 'iotrace-7-00000000',
    machine: 'host',
    points: POINTS,
    bufferKib: 64,
    folder,
    maxBytes: 1e6,
    ...more,
  });
  return {
    tracers: [{ tracer, tasks: { else: { but: [5] } }, ...more }],
    completed: async () => 0,
    durationMs: 1,
    ...more,
  };
}

const position = (text: string) => {
  const found = files.done.indexOf(text);
  expect(found, text).toBeGreaterThanOrEqual(0);
  return found;
};
const instancesLeft = async () => files.list('instances');

describe('runSession', () => {
  it('sets up in an order in which nothing unwanted is recorded, and takes everything back', async () => {
    const result = await runSession(plan(), new Interrupts());
    expect(result.stopped).toBe('duration');
    const order = [
      `mkdir ${MACHINE}`,
      `${MACHINE}/tracing_on = 0`,
      `${MACHINE}/trace_clock = mono`,
      `${MACHINE}/events/block/block_rq_issue/filter = dev == 1`,
      `${MACHINE}/events/block/block_rq_issue/enable = 1`,
      `${TASKS}/set_event_notrace_pid = 5`,
      `${TASKS}/events/syscalls/sys_enter_pread64/enable = 1`,
      `${MACHINE}/tracing_on = 1`,
      `close ${MACHINE}/per_cpu/cpu0/trace_pipe`,
      `rmdir ${MACHINE}`,
    ].map(position);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(files.done.lastIndexOf(`${MACHINE}/tracing_on = 0`)).toBeGreaterThan(
      position(`${MACHINE}/tracing_on = 1`),
    );
    expect(await instancesLeft()).toEqual([]);
  });

  it('records only the workload’s tasks and what they start, known before it begins', async () => {
    const workload = () => prepareWorkload({ command: ['sh', '-c', 'printf out; exit 3'], keepOutput: true });
    const result = await runSession(plan({ workload, durationMs: undefined }), new Interrupts());
    expect(result.stopped).toBe('workload');
    expect(result.workload).toEqual({ exitCode: 3, signal: undefined, output: 'out' });
    expect(position(`${TASKS}/options/event-fork = 1`)).toBeLessThan(position(`${TASKS}/tracing_on = 1`));
    expect(files.done.some((each) => /-tasks\/set_event_pid = \d+$/.test(each))).toBe(true);
    expect(files.done.some((each) => each.startsWith(`${MACHINE}/set_event`))).toBe(false);
  });

  it('filters no task where all are asked for', async () => {
    await runSession(plan({ tasks: 'all' }), new Interrupts());
    expect(files.done.filter((each) => /set_event|event-fork/.test(each))).toEqual([]);
  });

  it('keeps the text byte for byte, with the counts of its buffer', async () => {
    files.text.set('-machine/per_cpu/cpu1', ' drawn line\n');
    const made = files.makeFolder;
    files.makeFolder = async (path) => {
      await made(path);
      files.files.set(`${path}/per_cpu/cpu1/stats`, stats(1, 2));
    };
    const result = await runSession(plan(), new Interrupts());
    const [stream] = result.streams;
    expect(result.streams).toHaveLength(1);
    expect(stream).toMatchObject({
      name: 'machine-cpu1.trace',
      bytes: 12,
      counts: { delivered: 1, lost: 2, left: 0 },
    });
    expect(await readFile(stream!.file, 'utf8')).toBe(' drawn line\n');
    // The calls' buffer lost two as well, and nothing else of it arrived.
    expect(result.lostElsewhere).toBe(2);
  });

  /** So many bytes wait in the buffer of CPU 1. */
  const wait = (bytes: number) => {
    const made = files.makeFolder;
    files.makeFolder = async (path) => {
      await made(path);
      files.files.set(`${path}/per_cpu/cpu1/stats`, stats(0, 0, bytes));
    };
  };
  it.each([
    ['printed when it is over', 16 * 1024 - 1, 'after'],
    ['printed before where a quarter of a buffer waits', 16 * 1024, 'before'],
  ] as const)('what is recorded is %s', async (_, bytes, order) => {
    files.text.set('-machine/per_cpu/cpu1', ' drawn line\n');
    wait(bytes);
    expect((await runSession(plan(), new Interrupts())).streams).toMatchObject([{ bytes: 12 }]);
    const printed = position(`read ${MACHINE}/per_cpu/cpu1/trace_pipe`);
    const off = files.done.indexOf(`${MACHINE}/tracing_on = 0`, position(`${MACHINE}/tracing_on = 1`));
    expect(printed > off ? 'after' : 'before').toBe(order);
  });

  it('stops when no more text may be kept', async () => {
    files.text.set('-machine/per_cpu/cpu0', 'x'.repeat(100));
    wait(64 * 1024);
    const result = await runSession(plan({ maxBytes: 50, durationMs: undefined }), new Interrupts());
    expect(result.stopped).toBe('full');
    expect(await instancesLeft()).toEqual([]);
  });

  it('stops when the disk has completed the requests asked for', async () => {
    let completed = 100;
    const count = async () => completed++;
    const result = await runSession(
      plan({ requests: 2, durationMs: undefined, completed: count }),
      new Interrupts(),
    );
    expect(result.stopped).toBe('requests');
  });

  it('says that the guest is gone, not that its workload ended with it', async () => {
    const gone: PlannedTracer = {
      tracer: {
        prepare: async () => [],
        on: async () => undefined,
        pass: async () => 'gone',
        lostSoFar: async () => 0,
        off: async () => undefined,
        collect: async () => ({ streams: [], lostElsewhere: 0, notes: [] }),
        undo: async () => undefined,
      },
      tasks: 'all',
    };
    const workload = async () => ({
      ...(await prepareWorkload({ command: ['true'], keepOutput: false })),
      ended: Promise.resolve({ exitCode: undefined, signal: undefined, output: '' }),
    });
    const tracers = [...plan().tracers, gone];
    const result = await runSession(plan({ tracers, workload, durationMs: undefined }), new Interrupts());
    expect(result.stopped).toBe('gone');
  });

  it('ends at the second signal also while it fetches what was recorded', async () => {
    const interrupts = new Interrupts();
    interrupts.listen();
    const stuck = plan().tracers[0]!.tracer;
    stuck.collect = () => {
      setImmediate(() => process.emit('SIGINT') && process.emit('SIGINT'));
      return new Promise(() => undefined);
    };
    const running = runSession(plan({ tracers: [{ tracer: stuck, tasks: 'all' }] }), interrupts);
    await expect(running.finally(() => interrupts.ignore())).rejects.toMatchObject({
      code: 'record-aborted',
    });
    expect(await instancesLeft()).toEqual([]);
  });

  it('arms nothing behind the second signal that came while it armed', async () => {
    const interrupts = new Interrupts();
    interrupts.listen();
    const { tracer } = plan().tracers[0]!;
    const prepare = tracer.prepare.bind(tracer);
    tracer.prepare = async (setting) => {
      setImmediate(() => process.emit('SIGINT') && process.emit('SIGINT'));
      await new Promise((done) => setTimeout(done, 50));
      return prepare(setting);
    };
    const running = runSession(plan({ tracers: [{ tracer, tasks: 'all' }] }), interrupts);
    await expect(running.finally(() => interrupts.ignore())).rejects.toMatchObject({
      code: 'record-aborted',
    });
    expect(files.done).toContain(`mkdir ${TASKS}`);
    expect(await instancesLeft()).toEqual([]);
  });

  it('lets its watchdog go also when something cannot be removed: it tries that then, and nothing waits for it', async () => {
    const { tracer } = plan().tracers[0]!;
    const undo = tracer.undo.bind(tracer);
    tracer.undo = async () => {
      await undo();
      throw new Error('busy');
    };
    await expect(runSession(plan({ tracers: [{ tracer, tasks: 'all' }] }), new Interrupts())).rejects.toThrow(
      'busy',
    );
    const { stdout } = await promisify(execFile)('ps', ['--ppid', String(process.pid), '-o', 'args=']);
    expect(stdout).not.toContain('iotrace-watchdog');
  });

  it('ends though its workload does not: the kernel can hold it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const signals: string[] = [];
      const workload = async () => ({
        pid: 1,
        start: () => undefined,
        signal: (name: string) => void signals.push(name),
        ended: new Promise<never>(() => undefined),
      });
      let result: SessionResult | undefined;
      const running = runSession(plan({ workload }), new Interrupts()).then((each) => {
        result = each;
      });
      for (let seconds = 0; seconds < 60 && result === undefined; seconds++) {
        await vi.advanceTimersByTimeAsync(1000);
        await new Promise(setImmediate);
      }
      await running;
      expect(result).toMatchObject({ workload: undefined, workloadIsHeld: true });
      expect(signals.slice(0, 2)).toEqual(['SIGTERM', 'SIGKILL']);
      expect(await instancesLeft()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends in order at the first signal', async () => {
    const interrupts = new Interrupts();
    interrupts.listen();
    const running = runSession(plan({ durationMs: undefined }), interrupts).finally(() =>
      interrupts.ignore(),
    );
    process.emit('SIGINT');
    expect((await running).stopped).toBe('interrupt');
    expect(await instancesLeft()).toEqual([]);
  });

  it('ends at once at the second, with its workload, and removes everything all the same', async () => {
    const interrupts = new Interrupts();
    interrupts.listen();
    const workload = () => prepareWorkload({ command: ['sleep', '1000'], keepOutput: false });
    const running = runSession(plan({ workload, durationMs: undefined }), interrupts).finally(() =>
      interrupts.ignore(),
    );
    process.emit('SIGINT');
    process.emit('SIGTERM');
    await expect(running).rejects.toMatchObject({ code: 'record-aborted', exitCode: 130 });
    expect(await instancesLeft()).toEqual([]);
  });

  it.each([
    ['tracing_on', 'EPERM', 'tracefs-refused'],
    ['buffer_size_kb', 'ENOMEM', 'tracefs-refused'],
    ['block_rq_issue/filter', 'EINVAL', 'tracefs-refused'],
    ['-tasks/events/syscalls/sys_enter_pread64/enable', 'ENODEV', 'tracefs-refused'],
    [TASKS, 'EPERM', 'instance-not-made'],
  ])('leaves nothing when %s is refused with %s', async (path, error, code) => {
    files.refuse.set(path, error);
    await expect(runSession(plan(), new Interrupts())).rejects.toMatchObject({ code });
    expect(await instancesLeft()).toEqual([]);
  });
});
