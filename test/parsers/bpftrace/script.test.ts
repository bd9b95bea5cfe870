import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsHeader, readEventsHeader } from '../../../parsers/bpftrace/header.ts';
import { NO_EVENTS } from '../../../parsers/bpftrace/known-events.ts';
import { readScript } from '../../../parsers/bpftrace/script.ts';

const recorded = readFileSync(new URL('../../fixtures/bpftrace/maps.bt', import.meta.url), 'utf8');
const named = (script: string) =>
  [...readScript(script).byId].map(([id, { kind, fields }]) => `${id} ${kind?.name} ${fields.join(',')}`);

describe('script of a flight recorder', () => {
  it('gives ids, names and values of a recorded script', () => {
    const known = readScript(recorded);
    expect(known.clock).toBe('mono');
    expect(known.byId.size).toBe(30);
    const lines = named(recorded);
    expect(lines).toContain('1 kvm_exit exit_reason');
    expect(lines).toContain('5 eventfd_signal_mask id');
    expect(lines).toContain('6 eventfd_read id'); // ((struct eventfd_ctx *)args.iocb->…->private_data)->id
    expect(lines).toContain('33 sys_exit_ppoll ret');
    expect(lines).toContain('9 kvm_arch_set_irq_inatomic '); // (uint64)0 is no value
  });

  it('reads the arrow of old versions, several values, other clocks, return probes', () => {
    const script = `
      // tracepoint:kvm:kvm_eoi { @e[nsecs, cpu] = (99, tid, args->x); }
      tracepoint:block:block_rq_issue
      {
        @e[nsecs, cpu] = (7, tid, args->dev, args->sector, (uint64)args->nr_sector);
      }
      kretprobe:virtblk_poll { @e[nsecs, cpu] = (8, tid, retval); }
      kprobe:own_function /pid == $1/ { @e[nsecs, cpu] = (9, tid); }
    `;
    expect(named(script)).toEqual([
      '7 block_rq_issue dev,sector,nr_sector',
      '8 virtblk_poll_ret retval',
      '9 undefined ',
    ]);
    expect(readScript(script).clock).toBe('boot');
  });

  it('knows nothing where the script is ambiguous or of another form', () => {
    const store = (clock: string, id: number, fn: string) =>
      `kprobe:${fn} { @e[nsecs${clock}, cpu] = (${id}, tid); }\n`;
    expect(readScript(store('', 1, 'irqfd_wakeup') + store('(monotonic)', 2, 'aio_complete_rw'))).toBe(
      NO_EVENTS,
    );
    expect(named(store('', 1, 'irqfd_wakeup') + store('', 1, 'aio_complete_rw'))).toEqual(['1 undefined ']);
    expect(named('kprobe:x { printf("%d", nsecs); }')).toEqual([]);
    expect(named(`${'/'.repeat(300_000)}\n`)).toEqual([]);
    expect(named(`kprobe:x /${'('.repeat(100_000)}`)).toEqual([]);
    expect(named('/*'.repeat(100_000))).toEqual([]);
    expect(named(`kprobe:x { ${'@e[nsecs, cpu] = (1, tid '.repeat(8_000)}}`)).toEqual([]);
  });
});

describe('header line', () => {
  it('is read as it was written', () => {
    const line = eventsHeader('mono', [
      { id: 1, name: 'kvm_exit', fields: ['exit_reason', 'isa'] },
      { id: 2, name: 'kvm_entry', fields: [] },
    ]);
    expect(line).toBe('# iotrace events clock=mono 1=kvm_exit:exit_reason,isa 2=kvm_entry');
    const known = readEventsHeader(line, NO_EVENTS);
    expect(known?.clock).toBe('mono');
    expect(known?.byId.get(1)).toMatchObject({ kind: { name: 'kvm_exit' }, fields: ['exit_reason', 'isa'] });
    expect(known?.byName.get('kvm_entry')?.fields).toEqual([]);
  });

  it('adds up over several lines, and is refused when malformed', () => {
    const first = readEventsHeader('# iotrace events 1=kvm_exit', NO_EVENTS)!;
    expect([...readEventsHeader('# iotrace events 2=kvm_entry', first)!.byId.keys()]).toEqual([1, 2]);
    for (const bad of ['x=1=2', '1=', '1=a:b;c', 'clock=sundial']) {
      expect(readEventsHeader(`# iotrace events ${bad}`, NO_EVENTS)).toBeUndefined();
    }
  });
});
