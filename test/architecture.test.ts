/** The house: who may import whom, where effects live, how files are called, and that the paths' data holds together. */
import { describe, expect, it } from 'vitest';
import { kindByName } from '../parsers/event-kinds.ts';
import { FINDINGS } from '../src/findings/index.ts';
import { withBlockLayer } from '../src/paths/block-layer.ts';
import { IO_PATHS } from '../src/paths/index.ts';
import { type IoPath, withLatenciesAlone } from '../src/paths/io-path.ts';
import { POINTS } from '../src/paths/points.ts';
import { STAGES } from '../src/paths/stages.ts';
import { type SourceFile, sourceFiles } from './support/source-files.ts';

const FILES = sourceFiles('parsers', 'src');

/**
 * What each room may import of ours, beside itself and src/errors.ts: rooms, or single files of a room. A new room is a line
 * here, and a sentence in src/README.md.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  parsers: [],
  'src/trace': ['parsers/event-kinds.ts', 'parsers/event-sink.ts', 'parsers/format.ts'],
  'src/paths': [],
  'src/clocks': ['src/trace', 'parsers/format.ts'],
  'src/correlate': ['src/trace', 'src/clocks', 'src/paths', 'parsers/event-kinds.ts'],
  'src/stats': ['src/correlate', 'src/trace', 'src/paths', 'parsers/facts/qemu-options.ts'],
  'src/findings': [
    'src/stats',
    'src/correlate',
    'src/trace',
    'src/paths',
    'parsers/event-kinds.ts',
    'parsers/facts/qemu-options.ts',
  ],
  'src/report': [
    'src/findings',
    'src/stats',
    'src/correlate',
    'src/clocks',
    'src/trace',
    'src/paths',
    'parsers/event-kinds.ts',
  ],
  'src/blocks': [
    'src/report',
    'src/findings',
    'src/stats',
    'src/correlate',
    'src/clocks',
    'src/trace',
    'src/paths',
    'parsers/event-kinds.ts',
    'parsers/event-sink.ts',
  ],
  'src/picture': ['src/stats', 'src/correlate', 'src/trace', 'src/paths', 'parsers/event-kinds.ts'],
  'src/diff': ['src/report', 'src/stats', 'src/correlate'],
  'src/histogram': [],
  'src/render': ['src/histogram', 'src/report', 'src/picture', 'src/diff'],
  'src/charts': ['src/render', 'src/report', 'src/picture', 'src/diff'],
  'src/page': ['src/charts', 'src/render', 'src/report', 'src/picture', 'src/diff'],
  'src/export': ['src/report', 'src/correlate', 'src/trace', 'src/paths', 'parsers/event-kinds.ts'],
  'src/share': [
    'src/correlate',
    'src/clocks',
    'src/trace',
    'parsers/event-kinds.ts',
    'parsers/iotrace-events.ts',
    'parsers/facts/qemu-options.ts',
  ],
  'src/bundle': ['src/trace', 'parsers/format.ts'],
  'src/discover': ['parsers'],
  'src/libvirt': ['parsers/facts/qemu-options.ts'],
  'src/capture': ['src/package-root.ts', 'src/discover', 'src/bundle', 'src/trace', 'src/paths', 'parsers'],
  'src/commands': [
    'parsers',
    'src/trace',
    'src/paths',
    'src/clocks',
    'src/correlate',
    'src/stats',
    'src/findings',
    'src/report',
    'src/blocks',
    'src/picture',
    'src/diff',
    'src/histogram',
    'src/render',
    'src/charts',
    'src/export',
    'src/share',
    'src/bundle',
    'src/capture',
    'src/discover',
    'src/libvirt',
    'src/package-root.ts',
    'src/version.ts',
  ],
  'src/cli.ts': ['src/commands', 'src/version.ts'],
  'src/errors.ts': [],
  'src/package-root.ts': [],
  'src/version.ts': ['src/package-root.ts'],
};

/** Where processes, files, clocks and the environment are: the rim. Everything else is functions of values. */
const RIM = ['src/bundle', 'src/capture', 'src/discover', 'src/commands', 'src/cli.ts', 'src/version.ts'];

/** Packages by room. */
const PACKAGES: Record<string, readonly string[]> = {
  parsers: ['zod'],
  'src/correlate': ['simple-statistics'],
  'src/report': ['zod'],
  'src/diff': ['zod'],
  'src/histogram': ['zod'],
  'src/render': ['chalk', 'zod'],
  'src/charts': ['echarts', 'echarts/charts', 'echarts/core', 'echarts/renderers'],
  'src/page': ['echarts/charts', 'echarts/components', 'echarts/core', 'echarts/renderers'],
  'src/export': ['hyparquet-writer'],
  'src/bundle': ['yauzl', 'yazl', 'zod'],
  'src/capture': ['execa', 'zod'],
  'src/discover': ['execa', 'zod'],
  'src/libvirt': ['fast-xml-parser'],
  'src/commands': ['@resvg/resvg-js', 'commander', 'ndjson', 'zod'],
  'src/cli.ts': ['commander'],
};

/** 'parsers', 'src/paths', 'src/cli.ts'. */
function roomOf(path: string): string {
  const [top, room] = path.split('/');
  return top === 'src' ? `src/${room}` : top!;
}

const where = (complaints: readonly string[]) => expect(complaints).toEqual([]);

describe('imports', () => {
  it('go only where the room may look', () => {
    const allows = ({ path }: SourceFile, target: string) => {
      const room = roomOf(path);
      const allowed = MAY_IMPORT[room] ?? [];
      const isErrors = target === 'src/errors.ts' && path.startsWith('src/');
      return (
        roomOf(target) === room || isErrors || allowed.includes(roomOf(target)) || allowed.includes(target)
      );
    };
    where(
      FILES.flatMap((file) =>
        file.imports.filter((target) => !allows(file, target)).map((target) => `${file.path} → ${target}`),
      ),
    );
  });

  it('know every room', () => {
    where([...new Set(FILES.map(({ path }) => roomOf(path)))].filter((room) => !(room in MAY_IMPORT)));
  });

  it('name files that exist', () => {
    const paths = new Set(FILES.map(({ path }) => path));
    where(
      FILES.flatMap(({ path, imports }) =>
        imports.filter((target) => !paths.has(target)).map((target) => `${path} → ${target}`),
      ),
    );
  });

  it('make no circle of rooms', () => {
    const rooms = new Map(
      Object.entries(MAY_IMPORT).map(([room, allowed]) => [room, allowed.map(roomOf)] as const),
    );
    where(circles(rooms));
  });

  it('make no circle of files', () => {
    where(circles(new Map(FILES.map(({ path, values }) => [path, values]))));
  });

  it('reach Node.js only at the rim', () => {
    where(
      FILES.filter(({ path, node }) => node.length > 0 && !RIM.includes(roomOf(path))).map(
        ({ path, node }) => `${path}: node:${node.join(', node:')}`,
      ),
    );
  });

  it('reach packages only from the rooms that need them', () => {
    where(
      FILES.flatMap(({ path, packages }) =>
        packages.filter((name) => !PACKAGES[roomOf(path)]?.includes(name)).map((name) => `${path}: ${name}`),
      ),
    );
  });
});

describe('files', () => {
  const nameOf = (path: string) => path.split('/').at(-1)!.replace(/\.ts$/, '');

  it('are called after what they hold', () => {
    const banned = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'lib']);
    where(
      FILES.map(({ path }) => path).filter((path) =>
        path.split('/').some((part) => banned.has(nameOf(part))),
      ),
    );
    where(FILES.map(({ path }) => path).filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(nameOf(path))));
  });

  it('fit a reader’s head: 300 lines at most', () => {
    const lines = ({ text }: SourceFile) => text.split('\n').length - 1;
    where(FILES.filter((file) => lines(file) > 300).map((file) => `${file.path}: ${lines(file)} lines`));
  });

  it('print only where results and progress leave', () => {
    const streams = /\bprocess\.(stdout|stderr)\b/;
    where(
      FILES.filter(({ path, text }) => streams.test(text) && !RIM.includes(roomOf(path))).map(
        ({ path }) => path,
      ),
    );
    where(FILES.filter(({ text }) => /\bconsole\./.test(text)).map(({ path }) => path));
  });

  it('leave nothing open', () => {
    where(FILES.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(({ path }) => path));
  });
});

describe('vocabulary', () => {
  it('has each name once', () => {
    // One name, one thing: `iotrace explain NAME` has to know which.
    const ids = [...POINTS, ...STAGES, ...FINDINGS].map(({ id }): string => id);
    where(repeated([...IO_PATHS.map(({ name }) => name), ...ids]));
  });

  it('has no point and no stage that no path uses', () => {
    const asUsed = IO_PATHS.flatMap((path) => [
      path,
      withLatenciesAlone(path),
      withBlockLayer(path, true),
      withBlockLayer(path, false),
    ]);
    const used = asUsed.flatMap(({ points }) => points);
    // A point may only help to find others: then rules name it as a bound.
    const named = new Set<string>([
      ...used.map(({ point }) => point),
      ...IO_PATHS.flatMap(({ rules }) => rules.flatMap(({ after, before }) => [...after, ...before])),
    ]);
    where(POINTS.map(({ id }) => id).filter((id) => !named.has(id)));
    const stages = new Set<string>([
      ...used.map(({ stage }) => stage ?? ''),
      ...IO_PATHS.flatMap(({ bypasses }) => bypasses.map(({ stage }) => stage)),
    ]);
    where(STAGES.map(({ id }) => id).filter((id) => !stages.has(id)));
  });
});

describe.each(IO_PATHS)('path $name', (path: IoPath) => {
  const points: readonly string[] = path.points.map(({ point }) => point);

  it('passes each point once, and each exists', () => {
    where(repeated(points));
    where(points.filter((point) => !POINTS.some(({ id }) => id === point)));
  });

  it('has a known stage up to every border but the first', () => {
    const borders = path.points.filter(({ detail }) => detail !== true);
    expect(borders[0]?.stage).toBeUndefined();
    where(
      borders
        .slice(1)
        .filter(({ stage }) => !STAGES.some(({ id }) => id === stage))
        .map(({ point }) => point),
    );
  });

  it('is anchored at points of its own, in order', () => {
    const { submit, issue, complete, return: back } = path.anchors;
    const at = [submit, issue, complete, back].map((point) => points.indexOf(point));
    expect(at).not.toContain(-1);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
  });
});

describe.each(IO_PATHS)('path $name', (path: IoPath) => {
  const points: readonly string[] = path.points.map(({ point }) => point);
  const inPath = (point: string) => points.includes(point);

  it('looks for points it has a use for, with events that parsers know', () => {
    const bounds = path.rules.flatMap(({ after, before, join }) => [
      ...after,
      ...before,
      ...('of' in join ? [join.of] : []),
    ]);
    where(path.rules.map(({ point }) => point).filter((point) => !inPath(point) && !bounds.includes(point)));
    where(
      path.rules.flatMap(({ point, events }) =>
        events.filter((event) => kindByName(event) === undefined).map((event) => `${point}: ${event}`),
      ),
    );
  });

  it('joins a point to one that is known by then', () => {
    const known = new Set<string>(Object.values(path.anchors));
    for (const { point, join } of path.rules) {
      if ('of' in join) expect([...known], `${point} is joined to ${join.of}`).toContain(join.of);
      known.add(point);
    }
  });

  it('finds every point: by an anchor, by a rule, or in the application’s log', () => {
    const found = new Set<string>([
      ...Object.values(path.anchors),
      ...path.rules.map(({ point }) => point),
      'app:begin',
      'app:end',
    ]);
    where(points.filter((point) => !found.has(point)));
  });

  it('groups and bypasses points of its own', () => {
    where(path.groups.flatMap(({ members }) => members.filter((point) => !inPath(point))));
    where(
      path.bypasses.flatMap(({ needs, points: passed }) =>
        [...needs, ...passed].filter((point) => !inPath(point)),
      ),
    );
  });
});

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

/** Circles of a graph, each as 'a → b → a', found by walking depth first. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (node: string, trail: readonly string[]): void => {
    if (trail.includes(node)) {
      found.push([...trail.slice(trail.indexOf(node)), node].join(' → '));
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) if (next !== node) walk(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) walk(node, []);
  return found;
}
