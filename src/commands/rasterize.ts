/** SVG → PNG, by @resvg/resvg-js: optional, as it is a binary for each kind of machine. */
import { writeFile } from 'node:fs/promises';
import { EXIT_CODES, IotraceError, messageOf, quoted } from '../errors.ts';

/** Twice the pixels of the drawing: sharp on a dense screen, and when it is looked at closely. */
const SCALE = 2;

type Resvg = typeof import('@resvg/resvg-js').Resvg;

/**
 * Text is drawn with the fonts of this machine. Throws an IotraceError where the package or any font is missing: a picture without its
 * words would look whole.
 */
export async function rasterize(svg: string): Promise<Uint8Array> {
  const { Resvg } = await load();
  if (!drawsText(Resvg))
    throw new IotraceError('png-no-fonts', 'This machine has no font, so the picture would have no text.', {
      hint: 'Install one (Debian: fonts-dejavu-core), or write SVG (-f svg): its text is drawn where it is looked at.',
    });
  return draw(Resvg, svg, SCALE).asPng();
}

/** Writes a picture as its name asks for: .svg or .png. Throws an IotraceError for other names, and as `rasterize`. */
export async function writePicture(file: string, svg: string): Promise<void> {
  if (/\.svg$/i.test(file)) return writeFile(file, svg);
  if (/\.png$/i.test(file)) return writeFile(file, await rasterize(svg));
  throw new IotraceError('picture-name', `${quoted(file)} ends in neither .svg nor .png.`, {
    exitCode: EXIT_CODES.usage,
  });
}

async function load(): Promise<{ Resvg: Resvg }> {
  try {
    return await import('@resvg/resvg-js');
  } catch (cause) {
    throw new IotraceError(
      'png-no-resvg',
      `PNG needs @resvg/resvg-js, which is not there: ${messageOf(cause).split('\n')[0]}`,
      {
        hint: 'npm install @resvg/resvg-js, or write SVG (-f svg).',
        cause,
      },
    );
  }
}

function draw(Resvg: Resvg, svg: string, scale: number) {
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, font: { loadSystemFonts: true } }).render();
}

/** Whether a letter leaves a pixel: what fonts there are is nobody's promise. */
function drawsText(Resvg: Resvg): boolean {
  const probe =
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text x="2" y="16" font-family="sans-serif" font-size="16">M</text></svg>';
  return draw(Resvg, probe, 1).pixels.some((value) => value !== 0);
}
