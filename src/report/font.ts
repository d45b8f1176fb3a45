import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The one typeface of all charts and pages: Inter Regular, SIL Open Font License (fonts/LICENSE-OFL.txt). */
export const FONT_FAMILY = 'Inter';

/** The whole font, for pictures: a fixed file, since fonts of the machine would make pictures differ between machines. */
export const FONT_FILE = fileURLToPath(new URL('./fonts/Inter-Regular.ttf', import.meta.url));

/** The Latin part, small enough to travel inside pages and vector graphics. */
const WEB_FONT_FILE = fileURLToPath(new URL('./fonts/Inter-Regular-latin.woff2', import.meta.url));

/** A style rule that carries the font itself, so that nothing is loaded from anywhere. */
export function fontFaceRule(): string {
  return `@font-face{font-family:${FONT_FAMILY};src:url(data:font/woff2;base64,${readFileSync(WEB_FONT_FILE).toString('base64')}) format("woff2")}`;
}

let advances: Advances | undefined;

interface Advances {
  readonly unitsPerEm: number;
  readonly byCodePoint: ReadonlyMap<number, number>;
  readonly fallback: number;
}

/** Width of a text in pixels at a font size, from the font's own advance widths (kerning left out: below 2 % of a label). */
export function textWidth(text: string, fontSize: number): number {
  advances ??= readAdvances(readFileSync(FONT_FILE));
  let units = 0;
  for (const character of text) units += advances.byCodePoint.get(character.codePointAt(0)!) ?? advances.fallback;
  return (units / advances.unitsPerEm) * fontSize;
}

/** Breaks a text into lines no wider than `maxWidth` pixels, at spaces. */
export function wrapText(text: string, fontSize: number, maxWidth: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && textWidth(`${line} ${word}`, fontSize) <= maxWidth) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Reads advance widths of the basic plane from a TrueType file: tables `head`, `hhea`, `hmtx` and `cmap` (format 4). */
function readAdvances(font: Buffer): Advances {
  const tables = new Map<string, number>();
  const tableCount = font.readUInt16BE(4);
  for (let i = 0; i < tableCount; i++) tables.set(font.toString('latin1', 12 + 16 * i, 16 + 16 * i), font.readUInt32BE(20 + 16 * i));
  const unitsPerEm = font.readUInt16BE(tables.get('head')! + 18);
  const metricCount = font.readUInt16BE(tables.get('hhea')! + 34);
  const metrics = tables.get('hmtx')!;
  const advanceOf = (glyph: number): number => font.readUInt16BE(metrics + 4 * Math.min(glyph, metricCount - 1));
  const byCodePoint = new Map<number, number>();
  const segments = findFormat4(font, tables.get('cmap')!);
  const segmentBytes = font.readUInt16BE(segments + 6);
  for (let s = 0; s < segmentBytes; s += 2) {
    const last = font.readUInt16BE(segments + 14 + s);
    const first = font.readUInt16BE(segments + 16 + segmentBytes + s);
    const delta = font.readUInt16BE(segments + 16 + 2 * segmentBytes + s);
    const offsetAt = segments + 16 + 3 * segmentBytes + s;
    const offset = font.readUInt16BE(offsetAt);
    for (let code = first; code <= last && code !== 0xffff; code++) {
      const stored = offset === 0 ? code : font.readUInt16BE(offsetAt + offset + 2 * (code - first));
      if (stored !== 0) byCodePoint.set(code, advanceOf((stored + delta) & 0xffff));
    }
  }
  return { unitsPerEm, byCodePoint, fallback: advanceOf(0) };
}

function findFormat4(font: Buffer, cmap: number): number {
  const count = font.readUInt16BE(cmap + 2);
  for (let i = 0; i < count; i++) {
    const subtable = cmap + font.readUInt32BE(cmap + 8 + 8 * i);
    if (font.readUInt16BE(subtable) === 4) return subtable;
  }
  throw new Error('the font has no character map of format 4');
}
