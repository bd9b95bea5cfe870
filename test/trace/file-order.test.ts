import { describe, expect, it } from 'vitest';
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import { checkIntegrity } from '../../src/trace/integrity.ts';

/** One event of each CPU at each time, µs, in this order. */
async function orderOf(times: readonly number[]) {
  const events = times.map(
    (us, at) =>
      `           fio-142    [00${at % 2}] .....  1.${String(us).padStart(6, '0')}000: kvm_entry: vcpu 0, rip 0xff${at}`,
  );
  const bytes = Buffer.from(`# tracer: nop\n#\n${events.join('\n')}\n`, 'latin1');
  const chunks = async function* () {
    yield bytes;
  };
  const source = await readSource('host.trace', 'host', chooseFormat('host.trace', bytes), chunks());
  return checkIntegrity(source);
}

const BEFORE = [10, 20, 30, 40, 50, 60];

describe('a clock that is set back, drawn', () => {
  it('shows by all CPUs going back at one place', async () => {
    const { setBack, outOfOrder } = await orderOf([...BEFORE, 35, 45, 55, 65]);
    expect(setBack).toEqual({ before: 5, after: 6 });
    expect(outOfOrder).toBe(3);
  });

  it('is not taken for lines that changed places', async () => {
    expect((await orderOf([10, 20, 40, 30, 50, 60])).setBack).toBeUndefined();
    expect((await orderOf([50, 20, 30, 40, 10, 60])).setBack).toBeUndefined();
  });

  it('is not taken for two files that were put together in the wrong order', async () => {
    expect((await orderOf([...BEFORE, 1, 2, 3, 4, 5, 6])).setBack).toBeUndefined();
  });

  it('is not taken for one CPU whose clock is off', async () => {
    const { setBack, skewed } = await orderOf([110, 20, 130, 40, 150, 60]);
    expect(setBack).toBeUndefined();
    expect(skewed).toHaveLength(1);
  });

  it('is not taken for a stretch that is there twice', async () => {
    const times = [10, 20, 30, 40];
    const line = (us: number) =>
      `           fio-142    [000] .....  1.${String(us).padStart(6, '0')}000: kvm_entry: vcpu 0, rip 0xff`;
    const bytes = Buffer.from(`# tracer: nop\n#\n${[...times, ...times].map(line).join('\n')}\n`, 'latin1');
    const chunks = async function* () {
      yield bytes;
    };
    const source = await readSource('host.trace', 'host', chooseFormat('host.trace', bytes), chunks());
    expect(checkIntegrity(source)).toMatchObject({ setBack: undefined, duplicates: 4 });
  });
});
