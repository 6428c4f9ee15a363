import { seal } from '../../src/encryption/index.ts';
import type { MayflyProcess } from '../support/mayfly-process.ts';

export type Shared = {
  name?: string;
  type: string;
  content: string | Uint8Array<ArrayBuffer>;
  ttl?: string;
  reads?: number;
};

/** Shares content by a shell upload, and resolves to the URL of its page. */
export async function share(
  { url }: MayflyProcess,
  { name, type, content, ttl, reads }: Shared,
): Promise<string> {
  const headers = new Headers({ 'content-type': type });
  if (ttl !== undefined) headers.set('x-ttl', ttl);
  if (reads !== undefined) headers.set('x-max-reads', String(reads));
  const path = name === undefined ? '' : encodeURIComponent(name);
  const response = await fetch(`${url}/${path}`, { method: 'PUT', headers, body: content });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.text()).trim();
}

export type Secret = {
  name?: string | null;
  type: string;
  content: string | Uint8Array<ArrayBuffer>;
  password?: string;
  reads?: number;
  /** Changes the encrypted bytes before they are shared. */
  spoil?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
};

/** Shares encrypted content, and resolves to the URL of its page and the secret for the fragment. */
export async function shareSealed(
  mayfly: MayflyProcess,
  { name = null, type, content, password, reads, spoil = (bytes) => bytes }: Secret,
): Promise<{ url: string; secret: string }> {
  const { stream, secret } = await seal(new Blob([content]), { name, type }, { password });
  const bytes = spoil(new Uint8Array(await new Response(stream).arrayBuffer()));
  const url = await share(mayfly, { type: 'application/vnd.mayfly.sealed', content: bytes, reads });
  return { url, secret };
}

/** A PDF with a line of text on each page (ISO 32000-1, 7.5), and extra catalog entries. */
export function pdfOf(lines: string[], catalog = ''): string {
  const pages = lines.map((_, at) => `${3 + at * 2} 0 R`);
  const font = 3 + lines.length * 2;
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
    `<< /Type /Pages /Kids [${pages.join(' ')}] /Count ${lines.length} >>`,
    ...lines.flatMap((line, at) => {
      const drawing = `BT /F1 24 Tf 50 200 Td (${line}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents ${4 + at * 2} 0 R /Resources << /Font << /F1 ${font} 0 R >> >> >>`,
        `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
      ];
    }),
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  return pdfFile(objects);
}

/** A PDF of one page with this content stream and these resources. */
export function pdfDrawing(drawing: string, resources: string, ...objects: string[]): string {
  return pdfFile([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R /Resources << ${resources} >> >>`,
    `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
    ...objects,
  ]);
}

/** Objects in the order of their numbers, from 1; the first is the catalog. All ASCII. */
function pdfFile(objects: string[]): string {
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const start = file.length;
  const size = objects.length + 1;
  file += `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  return `${file}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
}

/** A tone of one second in WAV: a header of 44 bytes, and 16-bit samples at 8 kHz. */
export function toneWav(): Uint8Array<ArrayBuffer> {
  const samples = 8000;
  const bytes = new Uint8Array(44 + samples * 2);
  const view = new DataView(bytes.buffer);
  const ascii = (text: string, at: number) => bytes.set(new TextEncoder().encode(text), at);
  ascii('RIFF', 0);
  view.setUint32(4, 36 + samples * 2, true);
  ascii('WAVEfmt ', 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 16_000, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  ascii('data', 36);
  view.setUint32(40, samples * 2, true);
  for (let at = 0; at < samples; at += 1)
    view.setInt16(44 + at * 2, Math.round(Math.sin(at / 3) * 8000), true);
  return bytes;
}

/** A PNG of one pixel. */
export const onePixel = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);
