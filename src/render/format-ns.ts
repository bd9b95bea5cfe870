/** How times are written. One table has one unit and one number of decimals, so that a column can be added up by eye. */

/** A unit and its decimals; `step` is the ns of the last digit shown. */
export interface NsUnit {
  readonly name: 'ns' | 'µs' | 'ms' | 's';
  readonly decimals: number;
  readonly step: number;
}

const UNITS = [
  { name: 'ns', ns: 1 },
  { name: 'µs', ns: 1e3 },
  { name: 'ms', ns: 1e6 },
  { name: 's', ns: 1e9 },
] as const;

/** What is printed where there is no number. */
export const NONE = '–';

/**
 * The unit for a table whose largest mean is `ns`: from 10 to 9,999 of it, whole nanoseconds below 10 µs. One decimal
 * below 1,000 (34.1 µs), none above (1,953 µs): three significant digits of the total, and of all but its smallest stages two.
 */
export function tableUnit(ns: number): NsUnit {
  const size = Math.abs(ns);
  let unit: (typeof UNITS)[number] = UNITS[0];
  for (const each of UNITS) if (size >= each.ns * 10) unit = each;
  if (unit.name === 'ns' || !Number.isFinite(size)) return { name: 'ns', decimals: 0, step: 1 };
  const decimals = size < unit.ns * 1000 ? 1 : 0;
  return { name: unit.name, decimals, step: unit.ns / 10 ** decimals };
}

/**
 * A time in a table's unit, without the unit's name. Not a number is '–'; a time that is there but smaller than the
 * last digit is '<0.1', never 0.
 */
export function inUnit(unit: NsUnit, ns: number): string {
  if (!Number.isFinite(ns)) return NONE;
  return stepsInUnit(unit, Math.round(ns / unit.step), ns);
}

/** The same for a time already rounded to `steps` of the unit's last digit. */
export function stepsInUnit(unit: NsUnit, steps: number, ns: number): string {
  const one = (1 / 10 ** unit.decimals).toFixed(unit.decimals);
  if (steps === 0 && ns > 0) return `<${one}`;
  if (steps === 0 && ns < 0) return `>-${one}`;
  return group(steps / 10 ** unit.decimals, unit.decimals);
}

/** A single time with the unit that suits it and three significant digits or more: '0 ns', '940 ns', '1.23 µs', '1,953 µs'. */
export function formatDuration(ns: number): string {
  if (!Number.isFinite(ns)) return NONE;
  const size = Math.abs(ns);
  if (size < 1000) return `${group(ns, Number.isInteger(ns) || size >= 10 ? 0 : 1)} ns`;
  let unit: (typeof UNITS)[number] = UNITS[1];
  for (const each of UNITS) if (each.ns > 1e3 && size >= each.ns * 10) unit = each;
  const value = ns / unit.ns;
  return `${group(value, Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0)} ${unit.name}`;
}

/** A whole number with thousands separated. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? group(count, 0) : NONE;
}

/** A fraction as per cent, `decimals` of them: '84 %'. What is there but rounds to nothing is '<1 %'. */
export function formatShare(fraction: number, decimals = 0): string {
  if (!Number.isFinite(fraction)) return NONE;
  return percentSteps(Math.round(fraction * 100 * 10 ** decimals), fraction, decimals);
}

/** The same for a share already rounded to `steps` of the last digit shown. */
export function percentSteps(steps: number, fraction: number, decimals = 0): string {
  if (steps === 0 && fraction > 0) return `<${(1 / 10 ** decimals).toFixed(decimals)} %`;
  return `${group(steps / 10 ** decimals, decimals)} %`;
}

/** '1 event', '2 events'. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A ratio such as events per request: '2.00', '31.4', '312', '<0.01', '0'. */
export function formatRatio(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.005) return '<0.01';
  return group(value, size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** Bytes as block sizes are said: '512 B', '4 KiB', '1 MiB'; what is no whole number of KiB stays bytes. */
export function formatBytes(bytes: number): string {
  if (bytes >= 2 ** 20 && bytes % 2 ** 20 === 0) return `${formatCount(bytes / 2 ** 20)} MiB`;
  if (bytes >= 1024 && bytes % 1024 === 0) return `${formatCount(bytes / 1024)} KiB`;
  return `${formatCount(bytes)} B`;
}

/** Fixed decimals with commas between thousands, the same in every locale; from 10^16 on in scientific notation. */
function group(value: number, decimals: number): string {
  if (Math.abs(value) >= 1e16) return value.toExponential(2);
  const text = value.toFixed(decimals);
  const plain = /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
  return plain.replace(/\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','));
}
