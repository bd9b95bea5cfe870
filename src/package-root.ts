/**
 * The folder of the package, where bpf/, samples/ and dist/ are. This file is src/package-root.ts, dist/src/package-root.js
 * when built, and part of a file in dist/bin/ when bundled.
 */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url);

/** A file or folder of the package, by its path in it. */
export function inPackage(path: string): URL {
  return new URL(path, ROOT);
}
