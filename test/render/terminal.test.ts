import { describe, expect, it } from 'vitest';
import { renderTerminal } from '../../src/render/terminal.ts';
import { displayWidth } from '../../src/render/wrap.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import { DRAWN, drawnEmpty, drawnGradeF, drawnIothread, drawnPolling } from '../support/drawn-report.ts';

const names = Object.keys(DRAWN);

/** Where a text stands in a report; fails when it is not there. */
function placeOf(report: string, text: string): number {
  const at = report.replaceAll(/\s+/g, ' ').indexOf(text);
  expect(at, text).toBeGreaterThanOrEqual(0);
  return at;
}

describe.each(names)('the terminal report %s', (name) => {
  it('is as reviewed', async () => {
    await expect(renderTerminal(DRAWN[name]!())).toMatchFileSnapshot(`../golden/render/${name}.txt`);
  });

  it.each([72, 79, 100, 160])('has no line wider than %d cells', (width) => {
    for (const line of renderTerminal(DRAWN[name]!(), { width }).split('\n'))
      expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  });

  it('has the same text in colour as without', () => {
    const coloured = renderTerminal(DRAWN[name]!(), { color: true });
    expect(coloured).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
    expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(renderTerminal(DRAWN[name]!()));
  });
});

describe('what a terminal report says', () => {
  it('says what it is and how far to trust it before the first time', () => {
    const report = renderTerminal(drawnIothread());
    const order = [
      'virtio-blk, IOThread, linux-aio',
      'QD 1',
      '4 KiB reads',
      'grade B',
      'lost 44 events',
      'clock ±0 ns (TSC)',
      'accounts for 99.4 %',
      'tracing adds 50.8 µs ±3.91 µs a request (measured)',
      'B: 2.4 % of the requests are not in the numbers',
      'rejected 35: no completion (30), two kicks at once (5)',
      'quarantined 12: lost events in its time',
      'outside the recorded span 20: warm-up before the host recording',
      '1,953 µs a request: 320 µs device, 1,633 µs software (84 %). Largest software stage: back-end wakes (iothread-wakeup), 402 µs.',
      'mean 1,953 µs │',
      'slow 2,955 µs │',
      'stage, µs',
      'app:submit → guest:issue',
      'per request 1.00 kicks',
      'NUMA',
      'Little’s law',
      'findings',
      'environment',
    ].map((text) => placeOf(report, text));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('adds up to the eye: rows and sides to the total, shares to 100', () => {
    for (const name of ['iothread', 'fast', 'bare-metal', 'below-ten', 'polling', 'many-stages', 'grade-f']) {
      const { rows, sides, total, shares } = columnOf(DRAWN[name]!());
      expect(round(sum(rows)), name).toBe(total);
      expect(round(sum(sides)), name).toBe(total);
      expect(shares, name).toBe(100);
    }
  });
});

describe('what a terminal report says about trust', () => {
  it('gives no reasons with grade A and all of them below', () => {
    expect(
      renderTerminal({
        ...drawnIothread(),
        grade: { letter: 'A', reasons: [{ letter: 'A', text: 'fine' }] },
      }),
    ).not.toContain('fine');
    const report = renderTerminal(drawnGradeF());
    for (const reason of drawnGradeF().grade.reasons) placeOf(report, `${reason.letter}: ${reason.text}`);
  });

  it('lists reasons only where there are any, and names what the reasons leave unexplained', () => {
    const report = renderTerminal(drawnGradeF());
    placeOf(report, 'quarantined 120: lost events in its time (113), no reason given (7)');
    expect(report).not.toContain('before the host recording began');
    expect(renderTerminal(drawnPolling())).not.toMatch(/rejected|quarantined|outside the recorded/);
  });

  it('counts as lost what is missing, not what came twice or at the wrong time', () => {
    placeOf(renderTerminal(drawnIothread()), 'lost 44 events');
    placeOf(renderTerminal(drawnIothread()), 'guest.trace: 3 events are there twice; one of each was used');
    placeOf(renderTerminal(drawnGradeF()), 'lost 12,345 events and an unknown number more');
    placeOf(renderTerminal(drawnGradeF()), 'guest.trace: truncated, unknown number');
  });

  it('says so when the device could not be told from software', () => {
    placeOf(
      renderTerminal(drawnGradeF()),
      '1,629 µs a request: 1,205 µs device merged with software that cannot be told apart, 424 µs other software (at least 26 %).',
    );
  });

  it('prints a stage below its uncertainty as at most, with ± on both clocks and n where it is not in every request', () => {
    const report = renderTerminal(drawnPolling());
    expect(report).toMatch(/vcpu-wakeup\+guest-irq .*≤0\.1 +±0\.085 /);
    expect(report).toMatch(/poll-pickup .* 6,200$/m);
    expect(renderTerminal(drawnGradeF())).toMatch(/vcpu-wakeup\+guest-irq +≤31 +±21 /);
    placeOf(renderTerminal(drawnGradeF()), 'kvm:inject → guest:irq, 2 stages merged, counts 10 in the sum');
  });
});

describe('what a terminal report shows beside and instead of numbers', () => {
  it('prints a cross-clock stage without any relation of the clocks as unknown', () => {
    const model = drawnIothread();
    const stages = model.stages.map((stage) =>
      stage.clock === 'cross' ? { ...stage, uncertaintyNs: Number.POSITIVE_INFINITY, bounded: true } : stage,
    );
    const report = renderTerminal({
      ...model,
      stages,
      clock: { ...model.clock, method: 'none', uncertaintyNs: null },
    });
    expect(report).toMatch(/guest-kick +– +±\? +– +– /);
    placeOf(report, 'guest:issue → kvm:exit, counts 81 in the sum');
  });

  it('prints what contradicts the clocks as it is', () => {
    expect(renderTerminal(DRAWN['huge-and-tiny']!())).not.toMatch(/≤/);
    const model = drawnPolling();
    const stages = model.stages.map((stage) =>
      stage.id === 'vcpu-wakeup+guest-irq' ? { ...stage, meanNs: -3_000, bounded: true } : stage,
    );
    expect(renderTerminal({ ...model, stages })).toMatch(/vcpu-wakeup\+guest-irq +-3\.0 +-3\.0 +±0\.085/);
  });

  it('shows points beside the path and stages that do not count, outside the table', () => {
    const report = renderTerminal(drawnPolling());
    placeOf(
      report,
      'vmexit (kvm:exit): 4.95 µs after the start, in 3,120 of 10,000 requests; the back-end had found',
    );
    placeOf(
      report,
      'kvm:ioeventfd → kvm:entry: mean 730 ns, in 3,800 of 10,000 requests; not part of the sum',
    );
    expect(report).not.toMatch(/^[a-z] {2}kick-return/m);
  });

  it('shows each population when there is more than one', () => {
    placeOf(renderTerminal(drawnPolling()), 'polled pick-up, polled completion: 62 %, 6,200 requests');
    expect(renderTerminal(drawnIothread())).not.toContain('variants');
  });

  it('prints no time and no zero when no request was followed', () => {
    const report = renderTerminal(drawnEmpty());
    placeOf(report, 'No request could be followed from end to end');
    placeOf(report, 'rejected 500: no host event between submission and completion');
    placeOf(report, 'not observed host:issue');
    expect(report).not.toMatch(/NaN|\d (ns|µs|ms|s)\b|IOPS|stage,/);
  });

  it('prints no percentile that no request lies beyond', () => {
    const report = renderTerminal(drawnGradeF());
    expect(report).toMatch(/p90 1,971 +p99 – +p99\.9 –/);
    placeOf(report, '– under p99: fewer than 100 requests.');
  });

  it('warns first when the stages are not the total', () => {
    const report = renderTerminal(DRAWN['contradiction']!());
    expect(
      placeOf(report, 'THE STAGES DO NOT ADD UP: they sum to 10.3 µs, not to the total of 12.4.'),
    ).toBeLessThan(placeOf(report, '12.4 µs a request'));
    expect(report).not.toContain('adds up');
  });
});

describe('how a terminal report is laid out', () => {
  it('keeps to its range of widths and to UTF-8 without control characters', () => {
    expect(renderTerminal(drawnIothread(), { width: 10 })).toBe(
      renderTerminal(drawnIothread(), { width: 72 }),
    );
    expect(renderTerminal(drawnIothread(), { width: Number.POSITIVE_INFINITY })).toBe(
      renderTerminal(drawnIothread()),
    );
    expect(renderTerminal(drawnIothread())).toMatch(/[^\n]\n$/);
  });

  it('writes the points beside the stages where there is room', () => {
    expect(renderTerminal(drawnIothread(), { width: 120 })).toMatch(
      /guest-kick .* % {2}guest:issue → kvm:exit$/m,
    );
  });
});

/** Reads the adding column of a report back from its text. */
function columnOf(model: ReportModel) {
  const lines = renderTerminal(model, { width: 160 }).split('\n');
  const start = lines.findIndex((line) => /stage, (ns|µs)/.test(line));
  const table = lines.slice(start + 1, lines.findIndex((line) => line.startsWith('   total')) + 1);
  const mixed = lines[start]!.includes('a request');
  const number = (line: string) => {
    const counted = /counts ([\d.,]+) in the sum/.exec(line)?.[1];
    const text = counted ?? /^(?:. {2}| {3})\S+ +(?:≤)?([<\d.,]+)/.exec(line)?.[1] ?? '';
    return text.startsWith('<') ? 0 : Number(text.replaceAll(',', ''));
  };
  expect(mixed).toBe(model.stages.some((stage) => stage.critical && stage.n !== model.requests.matched));
  return {
    rows: table.filter((line) => /^[a-zA-Z] {2}/.test(line)).map(number),
    sides: table.filter((line) => /^[░█▒] {2}/.test(line)).map(number),
    total: number(table.at(-1)!),
    shares: sum(
      table.filter((line) => /^[░█▒] {2}/.test(line)).map((line) => Number(/(\d+) %/.exec(line)?.[1])),
    ),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const round = (value: number) => Math.round(value * 10) / 10;
