/** A domain XML as a tree whose elements know where their start tag is. The text is hostile; see the limits. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { IotraceError } from '../errors.ts';

/** One element: name without its namespace prefix kept, attributes decoded, children in order. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed. */
  readonly text: string;
  /** Offset of '<' of the start tag in the text that was read. */
  readonly start: number;
}

export const MAX_XML_CHARACTERS = 1 << 20;
const MAX_ELEMENTS = 10_000;
const MAX_DEPTH = 64;

const ATTRIBUTES = ':@';
const TEXT = '#text';

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  captureMetaData: true,
  maxNestedTags: MAX_DEPTH,
  // Without a DTD only the five entities of XML itself are left.
  processEntities: true,
  htmlEntities: false,
});

const META = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** Line ends as the parser sees them: offsets are into this text. */
export function normalised(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** The root element of a normalised text. Throws an IotraceError for what is no XML, too large, or declares entities. */
export function readXml(text: string): XmlElement {
  if (text.length > MAX_XML_CHARACTERS) throw refuse(`longer than ${MAX_XML_CHARACTERS} characters`);
  if (/<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST)/i.test(text)) throw refuse('it has a DTD or declares entities');
  // Before any recursion: depth and number by a scan of tags.
  checkSize(text);
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw refuse(`line ${valid.err.line}: not well-formed XML`);
  let nodes: unknown;
  try {
    nodes = PARSER.parse(text);
  } catch (error) {
    throw refuse('it cannot be parsed', error);
  }
  const roots = childrenOf(nodes);
  if (roots.length !== 1) throw refuse('it has no single root element');
  return roots[0]!;
}

function checkSize(text: string): void {
  let depth = 0;
  let count = 0;
  const tags = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(\/?)[^<>]*?(\/?)>/g;
  for (let tag = tags.exec(text); tag !== null; tag = tags.exec(text)) {
    if (/^<[!?]/.test(tag[0])) continue;
    if (tag[1] === '/') depth--;
    else {
      count++;
      if (tag[2] !== '/') depth++;
    }
    if (depth > MAX_DEPTH) throw refuse(`nested deeper than ${MAX_DEPTH} elements`);
    if (count > MAX_ELEMENTS) throw refuse(`more than ${MAX_ELEMENTS} elements`);
  }
}

function childrenOf(nodes: unknown): XmlElement[] {
  if (!Array.isArray(nodes)) return [];
  return (nodes as unknown[]).flatMap((node) => {
    const element = elementOf(node);
    return element === undefined ? [] : [element];
  });
}

function elementOf(node: unknown): XmlElement | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const record = node as Record<string | symbol, unknown>;
  const name = Object.keys(record).find((key) => key !== ATTRIBUTES);
  if (name === undefined || name === TEXT || name.startsWith('?')) return undefined;
  const inner = Array.isArray(record[name]) ? (record[name] as unknown[]) : [];
  const meta = record[META] as { startIndex?: number } | undefined;
  const attributes = (record[ATTRIBUTES] ?? {}) as Record<string, unknown>;
  return {
    name,
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
    children: childrenOf(inner),
    text: inner
      .map((child) => String((child as Record<string, unknown>)[TEXT] ?? ''))
      .join('')
      .trim(),
    start: meta?.startIndex ?? -1,
  };
}

function refuse(why: string, cause?: unknown): IotraceError {
  return new IotraceError('xml-refused', `The domain XML is not read: ${why}.`, {
    hint: 'virsh dumpxml DOMAIN writes one that is.',
    cause,
  });
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((each) => each.name === name);
}

/** All children of that name. */
export function childrenNamed(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((each) => each.name === name) ?? [];
}
