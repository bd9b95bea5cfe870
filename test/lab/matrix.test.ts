/** The matrix speaks of things that exist, and .ci/run's part of it touches every path that can be had live. */
import { describe, expect, it } from 'vitest';
import { FINDINGS } from '../../src/findings/index.ts';
import { IO_PATHS } from '../../src/paths/index.ts';
import { nameOf } from './configuration.ts';
import { guestArguments, word } from './run-setup.ts';
import { EVERY_PATH_ONCE, SETUPS } from './setups.ts';

const RUNS = SETUPS.flatMap((setup) => setup.runs.map((run) => ({ ...run, name: nameOf(setup, run) })));

/** Prototypes of QEMU and SPDK are not in Debian; this machine's own disk is recorded by test/live. */
const NOT_LIVE = [
  'local-block-device',
  // What a guest's recording gives without its inside; test/correlate/host-only.test.ts.
  'virtio-blk-host-only',
  'virtio-blk-userspace-nvme-pollqueue',
  'virtio-blk-userspace-nvme-fastpath',
  'vhost-user-blk-spdk',
  'vhost-user-blk-spdk-aio',
];

describe('the matrix', () => {
  it('has each name once', () => {
    const names = RUNS.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('expects paths and findings that exist', () => {
    const known = new Set([...IO_PATHS.map(({ name }) => name), ...FINDINGS.map(({ id }) => id)]);
    const named = RUNS.flatMap(({ expect: { path, findings = [], noFindings = [], change } }) => [
      path,
      ...findings,
      ...noFindings,
      ...(change?.cured ?? []),
    ]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const before = RUNS.flatMap(({ expect: { change } }) => (change === undefined ? [] : [change.since]));
    expect(before.filter((name) => !RUNS.some((run) => run.name === name))).toEqual([]);
  });

  it('touches every live path, also in the part that .ci/run takes', () => {
    const live = IO_PATHS.map(({ name }) => name).filter((name) => !NOT_LIVE.includes(name));
    const once = RUNS.filter(({ name }) => EVERY_PATH_ONCE.includes(name));
    expect(once.length).toBe(EVERY_PATH_ONCE.length);
    const untouched = (runs: typeof RUNS) =>
      live.filter((path) => !runs.some((run) => run.expect.path === path));
    expect(untouched(RUNS)).toEqual([]);
    expect(untouched(once)).toEqual([]);
  });

  it('gives QEMU arguments that come through the host’s shell whole', () => {
    expect(word('file=/dev/lab0,format=raw')).toBe('file=/dev/lab0,format=raw');
    expect(word("it's $HOME")).toBe(`'it'\\''s $HOME'`);
    for (const { guest } of SETUPS)
      if (guest !== undefined) expect(guestArguments(guest).map(word).join(' ')).not.toMatch(/["`$\n]/);
  });
});
