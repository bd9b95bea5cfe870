import { MAX_NAME_BYTES } from './limits.ts';

/** Members whose place is fixed. */
export const MANIFEST_MEMBER = 'manifest.json';
export const REPORT_MEMBER = 'report.json';

/** Longest tail of a member's name that is taken from a user's file name, in characters. */
const MAX_SAFE_NAME = 80;

/**
 * A user's file name as the last part of a member's name: letters, digits, dot, underscore and hyphen only, no leading
 * dot. `.gz` goes, as members hold what was inside.
 */
export function safeName(name: string): string {
  const base = /[^/\\]*$/.exec(name)?.[0] ?? '';
  const safe = base
    .replace(/\.gz$/i, '')
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, MAX_SAFE_NAME);
  return safe === '' ? 'unnamed' : safe;
}

/** Why a member's name is refused, as the end of a sentence; undefined for a harmless one. A directory ends with '/'. */
export function whyBadMemberName(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (name.includes('\uFFFD')) return 'is not valid UTF-8';
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) return 'holds a control character';
  if (name.includes('\\')) return 'holds a backslash';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'is an absolute path';
  const parts = name.replace(/\/$/, '').split('/');
  if (parts.includes('..')) return "leads outside with '..'";
  return parts.includes('.') || parts.includes('') ? 'has an empty part' : undefined;
}
