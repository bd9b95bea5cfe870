/** The edits that make a domain XML ask for what a recording calls for. Elements that are there are changed, not doubled. */
import type { Domain, DomainDisk } from './domain.ts';
import type { Edit } from './edits.ts';
import { child, childrenNamed, type XmlElement } from './read-xml.ts';

/** What the recording calls for; what is left out stays as it is. */
export interface Wanted {
  /** CPUs of the node everything goes to, ascending, and the node. */
  readonly node?: { readonly node: number; readonly cpus: readonly number[] } | undefined;
  /** An IOThread for the disk. */
  readonly iothread?: boolean | undefined;
  readonly queues?: number | undefined;
  readonly io?: 'native' | 'io_uring' | undefined;
  readonly eventIdxOff?: boolean | undefined;
  readonly pollMaxNs?: number | undefined;
}

/** Edits of `text`, of which `domain` was read. `disk`: the traced one. */
export function tuneDomain(text: string, domain: Domain, disk: DomainDisk, wanted: Wanted): Edit[] {
  const pen = new Pen(text);
  const iothread = disk.iothread ?? (wanted.iothread === true ? 1 : undefined);
  const driver: Record<string, string> = {
    ...(wanted.iothread === true && disk.iothread === undefined ? { iothread: '1' } : {}),
    ...(wanted.queues === undefined ? {} : { queues: `${wanted.queues}` }),
    ...(wanted.io === undefined ? {} : { io: wanted.io }),
    ...(wanted.io === 'native' && !/^(none|directsync)$/.test(disk.cache ?? '') ? { cache: 'none' } : {}),
    ...(wanted.eventIdxOff === true ? { event_idx: 'off' } : {}),
  };
  if (iothread !== undefined && domain.iothreads < iothread) setIothreads(pen, domain, iothread);
  if (wanted.node !== undefined && !hasOwnNodes(domain)) pin(pen, domain, iothread, wanted.node);
  if (wanted.pollMaxNs !== undefined && iothread !== undefined)
    setPoll(pen, domain, iothread, wanted.pollMaxNs);
  const element = child(disk.element, 'driver');
  if (element !== undefined) pen.setAttributes(element, driver);
  else if (Object.keys(driver).length > 0)
    pen.addChild(disk.element, [tag('driver', { name: 'qemu', ...driver })]);
  return pen.edits;
}

/**
 * Whether the guest has several nodes of its own. Then it was laid out over the host's by someone: putting all of it on one node
 * would make what it believes of its memory wrong.
 */
export function hasOwnNodes({ cells }: Domain): boolean {
  return cells.length > 1;
}

function setIothreads(pen: Pen, { root }: Domain, count: number): void {
  const element = child(root, 'iothreads');
  if (element === undefined) pen.addAfterVcpu(root, [`<iothreads>${count}</iothreads>`]);
  else pen.setText(element, `${count}`);
}

/** Every thread of the guest on the node: a CPU each where it has enough, else all of its CPUs. */
function pin(
  pen: Pen,
  { root, vcpus = 1, vcpupin, emulatorpin, iothreadpin }: Domain,
  iothread: number | undefined,
  { node, cpus }: { node: number; cpus: readonly number[] },
): void {
  const all = cpuset(cpus);
  const own = vcpus + (iothread === undefined ? 0 : 1) < cpus.length;
  const cpuOf = (index: number) => (own ? `${cpus[index]}` : all);
  const wants = [
    ...Array.from({ length: vcpus }, (_, vcpu) => ({
      name: 'vcpupin',
      key: 'vcpu',
      id: `${vcpu}`,
      cpuset: cpuOf(vcpu),
    })),
    { name: 'emulatorpin', key: undefined, id: '', cpuset: own ? cpuset(cpus.slice(-1)) : all },
    ...(iothread === undefined
      ? []
      : [{ name: 'iothreadpin', key: 'iothread', id: `${iothread}`, cpuset: cpuOf(vcpus) }]),
  ];
  const inside = (text: string) => cpusOf(text).every((cpu) => cpus.includes(cpu));
  const asked = [...vcpupin, ...iothreadpin].every((each) => inside(each.cpuset));
  const complete =
    vcpupin.length >= vcpus &&
    emulatorpin !== undefined &&
    (iothread === undefined || iothreadpin.some((each) => each.iothread === iothread));
  // Pins that already keep everything on the node are left as their author chose them.
  if (!(asked && complete && inside(emulatorpin))) setPins(pen, root, wants);
  setMemory(pen, root, node);
}

function setPins(
  pen: Pen,
  root: XmlElement,
  wants: readonly { name: string; key: string | undefined; id: string; cpuset: string }[],
): void {
  const tune = child(root, 'cputune');
  const added: string[] = [];
  for (const { name, key, id, cpuset: cpus } of wants) {
    const known = childrenNamed(tune, name).find(
      ({ attributes }) => key === undefined || attributes[key] === id,
    );
    if (known !== undefined) pen.setAttributes(known, { cpuset: cpus });
    else added.push(tag(name, { ...(key === undefined ? {} : { [key]: id }), cpuset: cpus }));
  }
  if (added.length === 0) return;
  if (tune !== undefined) pen.addChild(tune, added);
  else pen.addAfterVcpu(root, ['<cputune>', ...added.map((line) => `  ${line}`), '</cputune>']);
}

function setMemory(pen: Pen, root: XmlElement, node: number): void {
  const tune = child(root, 'numatune');
  const memory = child(tune, 'memory');
  const attributes = { mode: 'strict', nodeset: `${node}` };
  // numad would overrule the nodes that are named
  const placement = memory?.attributes['placement'] === 'auto' ? { placement: 'static' } : {};
  for (const own of childrenNamed(tune, 'memnode')) pen.setAttributes(own, attributes);
  if (memory !== undefined) pen.setAttributes(memory, { ...attributes, ...placement });
  else if (tune !== undefined) pen.addChild(tune, [tag('memory', attributes)]);
  else pen.addAfterVcpu(root, ['<numatune>', `  ${tag('memory', attributes)}`, '</numatune>']);
}

function setPoll(pen: Pen, { root }: Domain, iothread: number, max: number): void {
  const ids = child(root, 'iothreadids');
  const thread = childrenNamed(ids, 'iothread').find(({ attributes }) => attributes['id'] === `${iothread}`);
  const poll = child(thread, 'poll');
  const line = tag('poll', { max: `${max}` });
  if (poll !== undefined) pen.setAttributes(poll, { max: `${max}` });
  else if (thread !== undefined) pen.addChild(thread, [line]);
  else {
    const added = [`<iothread id='${iothread}'>`, `  ${line}`, '</iothread>'];
    if (ids !== undefined) pen.addChild(ids, added);
    else pen.addAfterVcpu(root, ['<iothreadids>', ...added.map((each) => `  ${each}`), '</iothreadids>']);
  }
}

/** Own words and numbers only: nothing here needs escaping. */
function tag(name: string, attributes: Readonly<Record<string, string>>): string {
  return `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}='${value}'`)
    .join('')}/>`;
}

/** "2-3,8" of ascending CPU numbers. */
export function cpuset(cpus: readonly number[]): string {
  const starts = cpus.filter((cpu, at) => cpus[at - 1] !== cpu - 1);
  const ends = cpus.filter((cpu, at) => cpus[at + 1] !== cpu + 1);
  return starts.map((start, at) => (start === ends[at] ? `${start}` : `${start}-${ends[at]}`)).join(',');
}

/** CPUs of libvirt's "0-3,^2,8"; none for what is not a list. At most 4096. */
export function cpusOf(text: string): readonly number[] {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const [, not, from, to] = /^\s*(\^?)(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part) ?? [];
    if (from === undefined) continue;
    for (let cpu = Number(from); cpu <= Number(to ?? from) && cpu < 4096; cpu++)
      if (not === '^') cpus.delete(cpu);
      else cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/** Writes edits by the place of start tags. */
class Pen {
  readonly edits: Edit[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Sets attributes: those that differ are replaced, those that are missing are added at the end of the tag. */
  setAttributes(element: XmlElement, attributes: Readonly<Record<string, string>>): void {
    const { start, end, selfClosing } = this.#startTag(element);
    const source = this.#text.slice(start, end);
    const added: string[] = [];
    for (const [key, value] of Object.entries(attributes)) {
      const found = new RegExp(`(\\s${key}\\s*=\\s*)("[^"]*"|'[^']*')`).exec(source);
      if (found === null) added.push(` ${key}='${value}'`);
      else if (element.attributes[key] !== value) {
        const from = start + found.index + found[1]!.length;
        this.edits.push({ from, to: from + found[2]!.length, text: `'${value}'` });
      }
    }
    if (added.length === 0) return;
    const close = end - (selfClosing ? 2 : 1);
    const from = start + source.slice(0, close - start).trimEnd().length;
    this.edits.push({ from, to: from, text: added.join('') });
  }

  /** Replaces the text of an element that has nothing but text. */
  setText(element: XmlElement, text: string): void {
    const { end, selfClosing } = this.#startTag(element);
    if (selfClosing) this.edits.push({ from: end - 2, to: end, text: `>${text}</${element.name}>` });
    else this.edits.push({ from: end, to: this.#text.indexOf('<', end), text });
  }

  /** Adds lines as first children. */
  addChild(element: XmlElement, lines: readonly string[]): void {
    const { start, end, selfClosing } = this.#startTag(element);
    const indent = this.#indent(start);
    const body = lines.map((line) => `\n${indent}  ${line}`).join('');
    if (selfClosing)
      this.edits.push({ from: end - 2, to: end, text: `>${body}\n${indent}</${element.name}>` });
    else this.edits.push({ from: end, to: end, text: body });
  }

  /** Adds lines where libvirt writes them itself: after <vcpu>, else as first child of the domain. */
  addAfterVcpu(root: XmlElement, lines: readonly string[]): void {
    const vcpu = child(root, 'vcpu');
    if (vcpu === undefined) {
      this.addChild(root, lines);
      return;
    }
    const { start, end, selfClosing } = this.#startTag(vcpu);
    const at = selfClosing ? end : this.#text.indexOf('>', this.#text.indexOf('</', end)) + 1;
    const indent = this.#indent(start);
    this.edits.push({ from: at, to: at, text: lines.map((line) => `\n${indent}${line}`).join('') });
  }

  #startTag({ start, name }: XmlElement): { start: number; end: number; selfClosing: boolean } {
    const found = new RegExp(`^<${name}(?:[^"'>]|"[^"]*"|'[^']*')*>`).exec(this.#text.slice(start));
    if (found === null) throw new Error(`internal: no start tag of ${name} at ${start}`);
    return { start, end: start + found[0].length, selfClosing: found[0].endsWith('/>') };
  }

  #indent(offset: number): string {
    const line = this.#text.slice(this.#text.lastIndexOf('\n', offset - 1) + 1, offset);
    return /^[ \t]*$/.test(line) ? line : '';
  }
}
