import { readFileSync } from 'node:fs';

/** Version of this iotrace, from its package.json. */
export function version(): string {
  const text = readFileSync(
    new URL(import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json', import.meta.url),
    'utf8',
  );
  return (JSON.parse(text) as { version: string }).version;
}
