import { describe, expect, it } from 'vitest';
import { comparisonMarkdown, renderComparison } from '../../src/render/comparison.ts';
import { displayWidth } from '../../src/render/wrap.ts';
import { comparePaths } from '../../src/report/compare-paths.ts';
import { drawnBareMetal, drawnIothread } from '../support/drawn-report.ts';

/** Drawn reports; the second is the slower path. */
const bare = drawnBareMetal();
const guest = drawnIothread();

describe('paths side by side', () => {
  const comparison = comparePaths([guest, bare])!;

  it('are compared with bare metal wherever it stands, and the overhead is the difference of the means', () => {
    expect(comparison.baseline).toBe(1);
    expect(comparison.paths[1]!.overhead).toBeNull();
    const { overhead } = comparison.paths[0]!;
    expect(overhead!.ns).toBe(guest.total.meanNs - bare.total.meanNs);
    expect(overhead!.share).toBeCloseTo(guest.total.meanNs / bare.total.meanNs - 1, 12);
  });

  it('say against what, when none is bare metal or the loads differ', () => {
    const deeper = { ...guest, workload: { ...guest.workload, queueDepth: 8 } };
    const doubts = comparePaths([guest, deeper])!.doubts;
    expect(doubts).toContain('none of these is bare metal: compared with the first');
    expect(doubts).toContain('the queue depths differ');
    expect(comparePaths([guest])).toBeUndefined();
  });

  it('say which are measured between other points', () => {
    const first = bare.stages.find((stage) => stage.critical)!;
    const logged = {
      ...bare,
      stages: [{ ...first, id: 'user-to-syscall', from: 'app:begin', to: first.from }, ...bare.stages],
    };
    const doubts = comparePaths([bare, logged])!.doubts.join();
    expect(doubts).toContain(`measured between different points: ${first.from} →`);
    expect(doubts).toMatch(/\(path 1\); app:begin → .* \(path 2\)/);
    expect(comparePaths([bare, bare])!.doubts).toEqual([]);
  });

  it('claim no difference inside the interval', () => {
    const again = { ...bare, total: { ...bare.total, meanNs: bare.total.meanNs + 1 } };
    const open = { ...again.total, ciLowNs: again.total.meanNs - 500, ciHighNs: again.total.meanNs + 500 };
    const text = renderComparison(comparePaths([bare, { ...again, total: open }])!, 79);
    expect(text).toContain('no difference shown');
    expect(renderComparison(comparison, 79)).not.toContain('no difference shown');
  });

  it.each([72, 79, 100])('fit %d cells, with bars on one scale', (width) => {
    const { software, total } = bare;
    const twice = {
      ...guest,
      total: { ...total, meanNs: 2 * total.meanNs },
      software: {
        ...software,
        submitNs: 2 * software.submitNs,
        deviceNs: 2 * software.deviceNs,
        completeNs: 2 * software.completeNs,
      },
    };
    const lines = renderComparison(comparePaths([twice, bare])!, width).split('\n');
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    const bars = lines.filter((line) => /^ {2}[░█▒▓]+$/u.test(line)).map((line) => line.length - 2);
    expect(Math.abs(bars[0]! - 2 * bars[1]!)).toBeLessThanOrEqual(2);
    expect(Math.max(...bars)).toBe(width - 4);
  });

  it('escape what a recording is called', () => {
    const evil = { ...guest, path: { ...guest.path, title: 'a|b\u001b[2J<i>' } };
    const bad = comparePaths([bare, evil])!;
    expect(renderComparison(bad, 79)).not.toContain('\u001b');
    const markdown = comparisonMarkdown(bad);
    expect(markdown).not.toContain('\u001b');
    expect(markdown).toMatch(/`[^`\n]*<i>[^`\n]*`/);
    const row = markdown.split('\n').find((line) => line.includes('grade') === false && line.includes('2J'))!;
    expect(row.replace(/\\\|/g, '').split('|')).toHaveLength(10);
  });
});
