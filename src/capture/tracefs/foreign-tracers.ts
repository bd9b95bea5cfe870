import { quoted } from '../../errors.ts';
import { makerOf } from '../run-name.ts';
import type { TraceFiles } from './trace-files.ts';

/** Other uses of the kernel's tracer, a phrase each. They are left alone, but what they cost is in every request. */
export async function foreignTracers(files: TraceFiles): Promise<string[]> {
  const found: string[] = [];
  const tracer = (await text(files, 'current_tracer')).trim();
  if (tracer !== '' && tracer !== 'nop') found.push(`the tracer ${quoted(tracer)} is on`);
  const events = (await text(files, 'set_event')).split('\n').filter((line) => line !== '');
  if (events.length > 0)
    found.push(`${events.length} events are on in the top instance (${quoted(events[0]!)} …)`);
  for (const name of await files.list('instances').catch(() => [])) {
    const whose = makerOf(name) === undefined ? 'the instance' : 'another iotrace’s instance';
    const on = (await text(files, `instances/${name}/events/enable`)).trim();
    if (on !== '0' && on !== '') found.push(`${whose} ${quoted(name)} traces events`);
  }
  return found;
}

/** Another tracer may go away while it is looked at. */
function text(files: TraceFiles, path: string): Promise<string> {
  return files.read(path).catch(() => '');
}
