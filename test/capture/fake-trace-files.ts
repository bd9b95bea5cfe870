import type { TraceFiles } from '../../src/capture/tracefs/trace-files.ts';

/** A drawn tracefs in memory: what was done to it, in order, and what it refuses. */
export interface FakeTraceFiles extends TraceFiles {
  readonly done: string[];
  readonly files: Map<string, string>;
  /** Path of a write or a folder → the system's error. */
  readonly refuse: Map<string, string>;
  /** Text that the pipe of a CPU gives, by its path's end: `machine/per_cpu/cpu0`. */
  readonly text: Map<string, string>;
}

const EVENTS = ['block/block_rq_issue', 'block/block_rq_complete', 'irq/irq_handler_entry'];
const CALLS = ['syscalls/sys_enter_pread64', 'syscalls/sys_exit_pread64'];

export function fakeTraceFiles(events = [...EVENTS, ...CALLS]): FakeTraceFiles {
  const files = new Map<string, string>([
    ['current_tracer', 'nop\n'],
    ['set_event', ''],
    ...events.map((event) => [`events/${event}/format`, ''] as const),
  ]);
  const fake: FakeTraceFiles = {
    root: '/drawn/tracing',
    done: [],
    files,
    refuse: new Map(),
    text: new Map(),
    read: async (path) => files.get(path) ?? fail('ENOENT'),
    write: async (path, text) => {
      fake.done.push(`${path} = ${text}`);
      refuseIf(fake, path);
      files.set(path, text);
    },
    append: async (path, line) => {
      fake.done.push(`${path} += ${line}`);
      refuseIf(fake, `${path} += ${line}`);
      files.set(path, `${files.get(path) ?? ''}${line}\n`);
    },
    has: async (path) => [...files.keys()].some((each) => each === path || each.startsWith(`${path}/`)),
    list: async (path) => [
      ...new Set(
        [...files.keys()]
          .filter((each) => each.startsWith(`${path}/`))
          .map((each) => each.slice(path.length + 1).split('/')[0]!),
      ),
    ],
    makeFolder: async (path) => {
      fake.done.push(`mkdir ${path}`);
      refuseIf(fake, path);
      for (const cpu of [0, 1]) files.set(`${path}/per_cpu/cpu${cpu}/stats`, stats(0, 0));
      files.set(`${path}/set_event_notrace_pid`, '');
    },
    removeFolder: async (path) => {
      fake.done.push(`rmdir ${path}`);
      refuseIf(fake, `rmdir ${path}`);
      for (const each of [...files.keys()]) if (each.startsWith(`${path}/`)) files.delete(each);
    },
    openStats: async (path) => ({ text: () => files.get(path) ?? '', close: async () => undefined }),
    openMarker: async (path) => ({
      write: (text) => void fake.done.push(`${path} = ${text}`),
      close: async () => undefined,
    }),
    openPipe: async (path) => {
      let left = [...fake.text].find(([end]) => path.endsWith(`${end}/trace_pipe`))?.[1] ?? '';
      return {
        read: (buffer, offset) => {
          const bytes = Buffer.from(left);
          left = '';
          if (bytes.length > 0) fake.done.push(`read ${path}`);
          buffer.set(bytes, offset);
          return bytes.length;
        },
        close: async () => void fake.done.push(`close ${path}`),
      };
    },
  };
  return fake;
}

/** The file `stats` of a CPU, as kernel 6.18 prints it. */
export function stats(read: number, overrun: number, waiting = 0): string {
  return `entries: 0\noverrun: ${overrun}\ncommit overrun: 0\nbytes: ${waiting}\noldest event ts:     0.000000\nnow ts:  7.000000\ndropped events: 0\nread events: ${read}\n`;
}

function refuseIf({ refuse }: FakeTraceFiles, path: string): void {
  const code = [...refuse].find(([end]) => path.endsWith(end))?.[1];
  if (code !== undefined) fail(code);
}

function fail(code: string): never {
  throw Object.assign(new Error(`${code}: drawn`), { code });
}
