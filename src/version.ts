import { readFileSync } from 'node:fs';
import { inPackage } from './package-root.ts';

/** Version of this iotrace, from its package.json. */
export function version(): string {
  const text = readFileSync(inPackage('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
