import { describe, expect, it } from 'vitest';
import { stackedBar } from '../../src/render/stacked-bar.ts';
import { layoutTable, pipeTable } from '../../src/render/table.ts';
import { clip, displayWidth, flow, hang, padStart, wrapText } from '../../src/render/wrap.ts';

describe('wrap', () => {
  it('knows wide, combining and narrow characters', () => {
    expect([
      displayWidth('µs ░█▒'),
      displayWidth('全角'),
      displayWidth('Z\u0301'),
      displayWidth('👩'),
    ]).toEqual([6, 4, 1, 2]);
    expect(padStart('全', 4)).toBe('  全');
  });

  it('breaks at spaces and keeps a number with its unit', () => {
    expect(wrapText('a request takes 1,953 µs here', 20)).toEqual(['a request takes', '1,953 µs here']);
    expect(wrapText('one two', 80)).toEqual(['one two']);
    expect(wrapText('', 10)).toEqual(['']);
  });

  it('breaks long names after + and any other word where it must', () => {
    expect(wrapText('guest-kick+kick-exit+iothread-wakeup', 24)).toEqual([
      'guest-kick+kick-exit+',
      'iothread-wakeup',
    ]);
    expect(wrapText('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
    expect(wrapText('全角文字', 3)).toEqual(['全', '角', '文', '字']);
  });

  it('flows whole parts', () => {
    expect(flow(['p50 1', 'p99 2', 'max 3'], 14, '   ')).toEqual(['p50 1   p99 2', 'max 3']);
    expect(hang('label', ['one', 'two'], 7)).toEqual(['label  one', '       two']);
  });

  it('says how much it cut, and does not cut a character in half', () => {
    expect(clip('abcdef', 6)).toBe('abcdef');
    expect(clip('abcdef', 4)).toBe('abcd … (2 characters more)');
    expect(clip('abc👩x', 4)).toBe('abc … (3 characters more)');
  });
});

describe('table', () => {
  const columns = [
    { title: 'stage', align: 'left', shrink: true },
    { title: 'mean', align: 'right' },
  ] as const;

  it('aligns and breaks the shrinkable column only', () => {
    const rows = [
      ['guest-kick+kick-exit', '1.2'],
      ['device', '10.2'],
    ];
    expect(layoutTable(columns, rows, 40).flat()).toEqual([
      'stage                 mean',
      'guest-kick+kick-exit   1.2',
      'device                10.2',
    ]);
    expect(layoutTable(columns, rows, 18)).toEqual([
      ['stage         mean'],
      ['guest-kick+    1.2', 'kick-exit'],
      ['device        10.2'],
    ]);
  });

  it('writes pipe tables that are aligned as plain text', () => {
    expect(pipeTable(columns, [['device', '10.2']]).split('\n')).toEqual([
      '| stage  | mean |',
      '| ------ | ---: |',
      '| device | 10.2 |',
    ]);
  });
});

describe('stackedBar', () => {
  const segment = (value: number, side: 'submit' | 'device' | 'complete', ...labels: string[]) => ({
    value,
    side,
    labels,
  });

  it('fills exactly the width, labels where they fit, each side with its own filling', () => {
    const runs = stackedBar(
      [
        segment(2, 'submit', 'a guest-submit', 'a'),
        segment(6, 'device', 'b device', 'b'),
        segment(2, 'complete', 'c irq', 'c'),
      ],
      20,
    );
    expect(runs.map((run) => run.text)).toEqual(['a░░░', 'b device████', 'c▒▒▒']);
    expect(runs.map((run) => run.side)).toEqual(['submit', 'device', 'complete']);
  });

  it('gives a segment the cells of its share, to within one', () => {
    const values = [1, 1, 1, 50, 7, 0.1, 0.1];
    const sum = values.reduce((total, value) => total + value, 0);
    const runs = stackedBar(
      values.map((value, at) => segment(value, 'submit', `${at}`)),
      61,
    );
    expect(runs.reduce((cells, run) => cells + displayWidth(run.text), 0)).toBe(61);
    for (const [at, value] of values.entries()) {
      const cells = displayWidth(runs.find((run) => run.text.startsWith(`${at}`))?.text ?? '');
      expect(Math.abs(cells - (value / sum) * 61)).toBeLessThan(1);
    }
  });

  it('draws nothing for a segment below zero and no bar where there is nothing', () => {
    expect(
      stackedBar([segment(-5, 'submit', 'a'), segment(5, 'device', 'b')], 4).map((run) => run.text),
    ).toEqual(['b███']);
    expect(stackedBar([segment(0, 'submit', 'a')], 4)).toEqual([]);
    expect(stackedBar([segment(Number.NaN, 'submit', 'a')], 4)).toEqual([]);
    expect(stackedBar([], 4)).toEqual([]);
  });
});
