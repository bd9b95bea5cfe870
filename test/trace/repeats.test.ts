import { describe, expect, it } from 'vitest';
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import { checkIntegrity } from '../../src/trace/integrity.ts';
import type { Source } from '../../src/trace/recording.ts';

/** What a thread really does twice within a microsecond: signal, something else, signal. */
const EVENTS = [
  '     CPU 0/KVM-912  [002] .....  1.000001: eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xffff id=7',
  '     CPU 0/KVM-912  [002] .....  1.000001: kvm_entry: vcpu 0, rip 0xffffffff81a592eb',
  '     CPU 0/KVM-912  [002] .....  1.000001: eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xffff id=7',
  '     CPU 0/KVM-912  [002] .....  1.000004: kvm_exit: vcpu 0 reason hlt rip 0xffffffff81a592ea info1 0x0 ',
];

function read(events: readonly string[], claimed: number): Promise<Source> {
  const head = `# tracer: nop\n#\n# entries-in-buffer/entries-written: ${claimed}/${claimed}   #P:4\n#\n`;
  const bytes = Buffer.from(`${head}${events.join('\n')}\n`, 'latin1');
  const chunks = async function* () {
    yield bytes;
  };
  return readSource('host.trace', 'host', chooseFormat('host.trace', bytes), chunks());
}

describe('rows that are equal in stamps of a microsecond, drawn', () => {
  it('are all kept where the stream counts as many', async () => {
    const { duplicates, repeats } = checkIntegrity(await read(EVENTS, 4));
    expect({ duplicates, repeats }).toEqual({ duplicates: 0, repeats: undefined });
  });

  it('are as many too many as the stream counts fewer, not as many as look alike', async () => {
    const { duplicates } = checkIntegrity(await read([...EVENTS, EVENTS[3]!], 4));
    expect(duplicates).toBe(1);
  });
});
