import { encode } from 'uqr';

/** The modules of a QR code, row by row with its quiet zone; true is dark. @throws if the text is too long */
export function qrMatrix(text: string): boolean[][] {
  return encode(text, { border: 4 }).data;
}
