/** What the doctor says of machines that are drawn: each lacks something, and all else is there. */
import { describe, expect, it } from 'vitest';
import { scriptLibrary } from '../../src/capture/bpftrace/script-library.ts';
import { diagnose } from '../../src/capture/doctor/diagnose.ts';
import type { KernelView } from '../../src/capture/doctor/kernel-view.ts';
import { readView } from '../../src/capture/doctor/look-at-guest.ts';
import type { MachineView } from '../../src/capture/doctor/see-point.ts';
import { wantedOf } from '../../src/capture/doctor/wanted-of-path.ts';
import type { WantedPoint } from '../../src/capture/wanted-point.ts';
import { diagnosisText } from '../../src/commands/doctor-text.ts';
import { pathByName } from '../../src/paths/index.ts';

const GOLDEN = new URL('../golden/doctor/', import.meta.url).pathname;
const DISK = {
  name: 'nvme0n1',
  major: 259,
  minor: 0,
  partitions: [],
  slaves: [],
  driver: 'nvme',
  parent: 'nvme0',
};
const LIBRARY = await scriptLibrary();
const PATH = pathByName('virtio-blk-iothread')!;
const WANTED = wantedOf(PATH, undefined, DISK, [DISK]);

/** A kernel that has all that is wanted of it, but for what is given. */
function kernel(wanted: readonly WantedPoint[], other: Partial<KernelView> = {}): KernelView {
  const tracepoints = wanted.filter((point) => point.kind === 'tracepoint');
  const kprobes = wanted.filter((point) => point.kind === 'kprobe');
  return {
    machine: 'host',
    release: '6.12.0-drawn',
    isLinux: true,
    isRoot: true,
    hasTracefs: true,
    lockdown: 'none',
    hasKprobes: true,
    hasUprobes: true,
    hasBtf: true,
    events: new Set(tracepoints.flatMap(({ system, names }) => names.map((name) => `${system}/${name}`))),
    systems: new Set(tracepoints.map(({ system }) => system)),
    functions: new Set(kprobes.flatMap(({ functions }) => functions.map(({ symbol }) => symbol))),
    blacklist: new Set(),
    ...other,
  };
}

/** The host, with perf and bpftrace; without BTF bpftrace has no fentry. */
function host(other: Partial<KernelView> = {}, tools: Partial<MachineView> = {}): MachineView {
  const view = kernel(WANTED.host, other);
  const probeOf = (probe: string) => {
    if (probe.startsWith('kfunc:')) return view.hasBtf ? probe : undefined;
    return probe.startsWith('kprobe:') && !view.hasKprobes ? undefined : probe;
  };
  return {
    kernel: view,
    perf: { version: 'perf version 6.12 (drawn)' },
    bpftrace: { version: 'bpftrace v0.21 (drawn)', probeOf },
    library: LIBRARY,
    ...tools,
  };
}

const guest = (other: Partial<KernelView> = {}) => {
  const view = kernel(WANTED.guest, { machine: 'guest', ...other });
  return { ...host(), kernel: view };
};

const ask = (machines: { host: MachineView; guest: MachineView | undefined }, path = PATH) =>
  diagnose({ path, tracer: 'tracefs', wanted: WANTED, machines });

const textOf = (machines: { host: MachineView; guest: MachineView | undefined }, what = 'a drawn disk') =>
  diagnosisText(ask(machines), { what, others: ['virtio-blk-iothread-polling'], ...machines }, 79);

describe('doctor', () => {
  it('finds a machine complete that has all', () => {
    const { complete, merged, unmeasured, impossible } = ask({ host: host(), guest: guest() });
    expect({ complete, merged, unmeasured, impossible }).toEqual({
      complete: true,
      merged: [],
      unmeasured: [],
      impossible: [],
    });
  });

  it('says what merges without kprobes on the host, and that bpftrace has another way', async () => {
    const answer = ask({ host: host({ hasKprobes: false }), guest: guest() });
    expect(answer.complete).toBe(false);
    const stages = answer.merged.map(({ stage }) => stage);
    expect(stages).toContain('kick-exit+iothread-wakeup+virtio-parse+qemu-block');
    const row = answer.rows.find(({ point }) => point === 'kvm:ioeventfd');
    expect(row?.sights).toMatchObject({
      tracefs: { reason: { id: 'no-kprobes' } },
      perf: { reason: { id: 'no-kprobes' } },
      bpftrace: { by: expect.stringMatching(/^kfunc:/) },
    });
  });

  it.each([
    ['nothing is missing', host(), guest()],
    ['no kprobes, no way in', host({ hasKprobes: false }), undefined],
    ['a user', host({ isRoot: false, hasTracefs: false }), undefined],
  ])('prints: %s', async (name, here, there) => {
    const text = textOf({ host: here, guest: there });
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(80);
    await expect(text).toMatchFileSnapshot(`${GOLDEN}${name.replaceAll(/[^a-z]+/g, '-')}.txt`);
  });

  it.each([
    ['lockdown', { lockdown: 'confidentiality' }],
    ['tracefs-not-mounted', { hasTracefs: false }],
    ['not-root', { isRoot: false }],
  ] as const)('sees nothing with %s', (id, other) => {
    const { rows, impossible } = ask({ host: host(other), guest: guest() });
    for (const row of rows.filter(({ machine }) => machine === 'host'))
      expect(row.sights.tracefs).toMatchObject({ reason: { id } });
    expect(impossible).toEqual([]);
    expect(ask({ host: host(), guest: guest(other) }).impossible).toEqual(['guest:issue', 'guest:complete']);
  });

  it('tells a missing module from a missing event, and a missing function from a forbidden one', () => {
    const reasonsOf = (other: Partial<KernelView>) =>
      ask({ host: host(other), guest: guest() }).rows.flatMap(({ sights: { tracefs } }) =>
        tracefs !== undefined && 'reason' in tracefs ? [tracefs.reason.id] : [],
      );
    const { events } = kernel(WANTED.host);
    const withoutKvm = new Set([...events].filter((event) => !event.startsWith('kvm/')));
    expect(new Set(reasonsOf({ events: withoutKvm, systems: new Set() }))).toEqual(
      new Set(['no-kvm-events']),
    );
    expect(new Set(reasonsOf({ events: withoutKvm }))).toEqual(new Set(['event-missing']));
    expect(new Set(reasonsOf({ functions: new Set() }))).toEqual(new Set(['function-missing']));
    const all = kernel(WANTED.host).functions;
    expect(new Set(reasonsOf({ blacklist: all }))).toEqual(new Set(['function-not-traceable']));
  });

  it('sees nothing of KVM where the guest is emulated, whatever the kernel has', () => {
    const machines = { host: host(), guest: guest() };
    const { complete, rows } = diagnose({
      path: PATH,
      tracer: 'tracefs',
      wanted: WANTED,
      machines,
      isEmulated: true,
    });
    expect(complete).toBe(false);
    for (const { point, sights } of rows)
      if (point.startsWith('kvm:'))
        expect(sights.tracefs).toMatchObject({ reason: { id: 'guest-without-kvm' } });
      else expect(sights.tracefs).toHaveProperty('by');
  });

  it('says of a place in QEMU what stands for it, and that its file hides another', () => {
    const place = { file: '/proc/7/exe', symbol: 'virtqueue_push', offset: 64, fetch: [] };
    const marked = {
      ...place,
      symbol: 'virtio_blk_handle_vq',
      mark: { provider: 'qemu', counter: undefined },
    };
    const ask = (hasUprobes: boolean) =>
      diagnose({
        path: PATH,
        tracer: 'tracefs',
        wanted: {
          ...WANTED,
          host: [
            ...WANTED.host,
            { kind: 'uprobe', scope: 'tasks', function: place },
            { kind: 'uprobe', scope: 'tasks', function: marked },
          ],
        },
        machines: { host: host({ hasUprobes }), guest: guest() },
        hidden: [{ point: 'backend:block', names: ['blk_aio_preadv', 'blk_aio_pwritev'] }],
      });
    const sights = (hasUprobes: boolean, name: string) =>
      ask(hasUprobes).rows.find(({ point }) => point === name)?.sights;
    expect(sights(true, 'backend:push')).toMatchObject({
      tracefs: { by: 'uprobe:virtqueue_push' },
      perf: { by: 'uprobe:virtqueue_push' },
      bpftrace: { by: 'uprobe:/proc/7/exe:virtqueue_push' },
    });
    expect(sights(true, 'backend:pickup')).toMatchObject({
      tracefs: { by: 'usdt:qemu:virtio_blk_handle_vq' },
      bpftrace: { reason: { id: 'mark-not-by-bpftrace' } },
    });
    expect(sights(true, 'backend:block')?.tracefs).toMatchObject({ reason: { id: 'place-hidden' } });
    expect(sights(false, 'backend:push')?.tracefs).toMatchObject({ reason: { id: 'no-uprobes' } });
    // Asked for and not seen: the breakdown is not complete.
    expect(ask(true)).toMatchObject({
      complete: false,
      notAsked: expect.not.arrayContaining(['backend:block']),
    });
  });

  it('takes the message of a program that is missing', () => {
    const reason = { reason: 'perf-missing', text: 'There is no perf.', remedy: 'Install it.' };
    const { rows, complete } = ask({ host: host({}, { perf: reason }), guest: guest() });
    expect(rows[3]?.sights.perf).toMatchObject({ reason: { id: 'perf-missing', remedy: 'Install it.' } });
    expect(complete).toBe(true);
  });

  it('lets no foreign name reach the terminal raw', () => {
    const evil = 'vm\u001b]0;x\u0007\u202e';
    const there = { ...guest(), kernel: { ...guest().kernel, release: evil } };
    const text = textOf({ host: host(), guest: there }, evil);
    for (const raw of ['\u001b', '\u0007', '\u202e']) expect(text).not.toContain(raw);
    expect(text).toContain('\\x1b');
  });

  it('reads of a guest’s answer only what has its form', () => {
    const view = readView(
      'release 6.12.1+deb13-amd64\nkprobes\nsystem block\nevent block/block_rq_issue\nevent a b\nfunction vp_notify\nlockdown none [integrity] confidentiality\n\u001b[2Jevent x/y\n',
    );
    expect(view).toMatchObject({
      release: '6.12.1+deb13-amd64',
      hasKprobes: true,
      hasBtf: false,
      lockdown: 'integrity',
    });
    expect([...view.events]).toEqual(['block/block_rq_issue']);
    expect([...view.functions]).toEqual(['vp_notify']);
  });
});
