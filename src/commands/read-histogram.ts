/** The file of `record --histogram`, read again and printed. */
import { open } from 'node:fs/promises';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { type Histogram, histogramSchema } from '../histogram/histogram-model.ts';
import { renderHistogram } from '../render/histogram.ts';
import type { ReportOptions } from './report.ts';

/** Four stages of some 400 buckets, and notes, take a tenth of it. */
const MOST_BYTES = 1024 ** 2;
const HEAD_BYTES = 64;

/** The histogram in a file; undefined when the file is something else. Throws an IotraceError for one that is damaged. */
export async function readHistogram(file: string): Promise<Histogram | undefined> {
  const text = await textOfHistogram(file);
  if (text === undefined) return undefined;
  const result = histogramSchema.safeParse(jsonOf(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new IotraceError(
    'histogram-invalid',
    `${quoted(file)} is no histogram this version reads: ${quoted(issue?.path.join('.') ?? '')}: ${issue?.message ?? 'no JSON'}.`,
    { hint: 'Is it whole, and written by this version or an older one?' },
  );
}

/** The histogram as it is asked for. Throws an IotraceError for a format that has no form of it. */
export function histogramText(histogram: Histogram, { format, width }: ReportOptions): string {
  if (format === 'json') return `${JSON.stringify(histogram, null, 2)}\n`;
  if (format === 'terminal') return renderHistogram(histogram, width);
  // Indented by a fence: the bars are of one width.
  if (format === 'markdown') return `\`\`\`text\n${renderHistogram(histogram, width)}\`\`\`\n`;
  throw new IotraceError('histogram-format', `A histogram is not drawn as ${format}.`, {
    hint: 'terminal, markdown and json are (-f).',
    exitCode: EXIT_CODES.usage,
  });
}

async function textOfHistogram(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const head = (await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)).buffer.toString('latin1');
    if (!/^\s*\{\s*"iotrace":\s*"histogram"/.test(head)) return undefined;
    if ((await handle.stat()).size > MOST_BYTES) return '';
    return await handle.readFile({ encoding: 'utf8' });
  } finally {
    await handle.close();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
