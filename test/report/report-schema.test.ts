import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { renderJson } from '../../src/render/json.ts';
import { reportJsonSchema, reportSchema } from '../../src/report/report-schema.ts';
import { DRAWN, drawnBareMetal, drawnEmpty } from '../support/drawn-report.ts';

const committed = () => readFileSync(new URL('../../schema/report-1.schema.json', import.meta.url), 'utf8');

describe('the published JSON Schema', () => {
  it('is the one the types give', () => {
    const how =
      'run: npm run build && node dist/src/commands/write-report-schema.js > schema/report-1.schema.json';
    expect(committed(), how).toBe(reportJsonSchema());
  });

  it('is draft 2020-12, describes its fields and lets later fields be', () => {
    const schema = JSON.parse(committed());
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.properties.schema.const).toBe(1);
    expect(schema.required).toEqual(Object.keys(schema.properties));
    expect(schema.$defs.Stage.properties.meanNs.description).toBe('arithmetic mean, ns');
    expect(committed()).not.toContain('"additionalProperties": false');
  });

  it.each(Object.keys(DRAWN))('accepts the JSON of %s', (name) => {
    const validator = z.fromJSONSchema(JSON.parse(committed()));
    expect(validator.safeParse(JSON.parse(renderJson(DRAWN[name]!()))).error).toBeUndefined();
  });

  it('refuses a report that is none', () => {
    const validator = z.fromJSONSchema(JSON.parse(committed()));
    const report = JSON.parse(renderJson(drawnBareMetal()));
    for (const change of [
      { schema: 2 },
      { stages: null },
      { total: { ...report.total, meanNs: '10' } },
      { grade: { letter: 'G', reasons: [] } },
      { requests: { ...report.requests, rejected: { reason: 'many' } } },
    ])
      expect(validator.safeParse({ ...report, ...change }).success, JSON.stringify(change)).toBe(false);
  });
});

describe('reportSchema', () => {
  it.each(Object.keys(DRAWN))('reads the JSON of %s back to the same model', (name) => {
    const model = DRAWN[name]!();
    expect(reportSchema.parse(JSON.parse(renderJson(model)))).toEqual(model);
  });

  it('reads null back as no number', () => {
    expect(reportSchema.parse(JSON.parse(renderJson(drawnEmpty()))).total.meanNs).toBeNaN();
  });
});
