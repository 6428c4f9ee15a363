import type { KeptPaste } from '../kept/pastes.ts';

/** What is to become of a payload. */
export type Terms = {
  /** Seconds. */
  ttl: number;
  /** Null for any number. */
  maxReads: number | null;
  /** Whether it is encrypted here, before it goes. */
  isSealed: boolean;
  /** '' for none. */
  password: string;
  /** Whose it is to be, by a key for payloads; '' for nobody's. */
  key: string;
};

/** Something to share: a text, or a file. */
export type Item = {
  content: Blob | File;
  /** The file name; null for a text. */
  name: string | null;
  /** With the folder that it came from; '' for a text. */
  path: string;
  /** The media type as its browser knows it; undefined where that is not at all. */
  type: string | undefined;
};

/** A break until something is tried again. */
export type Pause = { until: number; error: Error };

export type UploadStatus =
  | { is: 'waiting' }
  | { is: 'running'; sent: number; total: number; bytesPerSecond: number | undefined; pause?: Pause }
  | { is: 'done'; paste: KeptPaste; isKept: boolean }
  | { is: 'failed'; error: unknown }
  | { is: 'cancelled' };

export type Upload = { id: number; item: Item; terms: Terms; status: UploadStatus };

export function isUnderWay({ status }: Upload): boolean {
  return status.is === 'waiting' || status.is === 'running';
}
