/** Reports whose every free text is an attack on a terminal, a web page or Markdown. Synthetic. */
import type { ReportModel } from '../../src/report/report-model.ts';
import { drawnPolling } from './drawn-report.ts';

/** What an attacker could put into a thread name, a file name or a command line. */
export const HOSTILE_TEXTS: readonly string[] = [
  'red \u001b[31mtext\u001b[0m and \u001b]0;title\u0007 and \u009b2J',
  'line one\nline two\r\n\tindented\u0000nul\u007fdel\u0085nel',
  '\u202eevil\u202c \u2066isolate\u2069 \u200bzero\ufeff \u{e0041}tag \u2028line\u2029par \u00adshy',
  '<script>alert(1)</script><img src=x onerror=alert(1)> </details> <!-- --> <?php ?> <![CDATA[x]]>',
  '`code` ``` fence ```\n```\n~~~ | cell | \\| ` | @torvalds @org/team #1 !2 ~3 %4 $x$ ^5',
  '[link](javascript:alert(1)) ![i](http://x/y.png) https://example.org www.example.org a@b.cc <http://x> mailto:a@b.cc',
  '# heading\n- item\n> quote\n---\n===\n| a | b |\n|---|---|\n1. one',
  '- bullet',
  '1. number',
  '---',
  '**bold** __under__ *em* _em_ ~~gone~~ :smile: 0123456789abcdef &lt;b&gt; &#64;torvalds GH-12 [x] [^1]',
  '\ud800 lone \udfff Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307 \u0301 全角文字幅 👩‍💻 \u0000',
  `${'`'.repeat(90)}${')'.repeat(200)}${'\\|'.repeat(50)}${'x'.repeat(6_000)}`,
  'trailing \\',
  '@',
  '<',
  '``',
  '',
  ' ',
  '__proto__',
];

/** Fields whose values a type lists: an attacker's file with other values is no report. */
const LISTED = new Set(['letter', 'severity', 'chosen', 'direction', 'method', 'machine', 'side']);

/** The polling report with every free text replaced, keys of records and ids included, the same text always by the same. */
export function hostileReport(): ReportModel {
  const model = drawnPolling();
  const replaced = new Map<string, string>();
  const hostile = (text: string): string => {
    const at = replaced.size;
    const fresh = HOSTILE_TEXTS[at % HOSTILE_TEXTS.length]! + (at < HOSTILE_TEXTS.length ? '' : `${at}`);
    const known = replaced.get(text) ?? fresh;
    replaced.set(text, known);
    return known;
  };
  const listed = (key: string, value: string) =>
    LISTED.has(key) ||
    (key === 'kind' && value !== 'ring') ||
    (key === 'clock' && ['host', 'guest', 'cross'].includes(value)) ||
    value === 'iotrace';
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return listed(key, value) ? value : hostile(value);
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== 'object' || value === null) return value;
    const record = ['rejected', 'quarantineReasons', 'outsideReasons', 'missing'].includes(key);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [record ? hostile(name) : name, walk(item, name)]),
    );
  };
  return walk(
    {
      ...model,
      requests: {
        ...model.requests,
        rejected: { one: 1, two: 2, six: 6 },
        quarantined: 3,
        quarantineReasons: { three: 3 },
        outside: 4,
        outsideReasons: { four: 4 },
      },
      losses: [{ source: 'source', kind: 'ring', count: null, text: 'text' }],
      environment: [
        ...HOSTILE_TEXTS.map((_, at) => ({ name: `name ${at}`, value: 'value' })),
        ...HOSTILE_TEXTS.map((_, at) => ({ name: 'name', value: `value ${at}` })),
      ],
      findings: HOSTILE_TEXTS.map((_, at) => ({
        id: `id ${at}`,
        severity: 'warning',
        title: `title ${at}`,
        evidence: `evidence ${at}`,
        gain: null,
        confidence: 'high',
        fix: `fix ${at}`,
      })),
      notRecorded: HOSTILE_TEXTS.map((_, at) => ({
        point: `point ${at}`,
        title: `title ${at}`,
        lost: `lost ${at}`,
      })),
      numa: { ...model.numa, note: 'note' },
    },
    '',
  ) as ReportModel;
}
