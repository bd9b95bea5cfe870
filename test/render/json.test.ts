import { describe, expect, it } from 'vitest';
import { renderJson } from '../../src/render/json.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import { DRAWN, drawnBareMetal, drawnEmpty, drawnIothread } from '../support/drawn-report.ts';

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe('the JSON report', () => {
  it('is as reviewed', async () => {
    await expect(renderJson(drawnBareMetal())).toMatchFileSnapshot('../golden/render/bare-metal.json');
  });

  it.each(Object.keys(DRAWN))('%s is the model, with null where there is no number', (name) => {
    const model = DRAWN[name]!();
    expect(JSON.parse(renderJson(model))).toEqual(JSON.parse(JSON.stringify(model)));
  });

  it('does not depend on the order in which a model was built', () => {
    const model = drawnIothread();
    expect(renderJson(reversed(model) as ReportModel)).toBe(renderJson(model));
    expect(renderJson(model)).toMatch(/^\{\n {2}"schema": 1,\n {2}"tool": \{\n {4}"name"/);
    expect(renderJson(model)).toMatch(/\n\}\n$/);
  });

  it('keeps fields a later version may add, after the known ones', () => {
    const later = { later: { b: 1, a: 2 }, ...drawnBareMetal() } as ReportModel;
    expect(renderJson(later)).toMatch(/"later": \{\n {4}"a": 2,\n {4}"b": 1\n {2}\}\n\}\n$/);
  });

  it('writes null, not 0, for what is no number', () => {
    expect(JSON.parse(renderJson(drawnEmpty())).total.meanNs).toBeNull();
  });
});
