import type { KeptPaste } from '../kept/pastes.ts';

/** The options that are chosen in the form. */
export type Terms = {
  /** Seconds. */
  ttl: number;
  /** Null for any number. */
  maxReads: number | null;
  /** Whether the browser encrypts the content. */
  isEncrypted: boolean;
  /** '' for none. */
  password: string;
  /** The payload key, whose account will own the payload; '' for none. */
  key: string;
};

/** A text or a file to share. */
export type Item = {
  content: Blob | File;
  /** The file name; null for a text. */
  name: string | null;
  /** The name with its folders; '' for a text. */
  path: string;
  /** The media type that the browser reports; undefined if it reports none. */
  type: string | undefined;
};

/** The delay before a retry. */
export type Pause = { until: number; error: Error };

export type UploadStatus =
  | { is: 'waiting' }
  | { is: 'running'; sent: number; total: number; bytesPerSecond: number | undefined; pause?: Pause }
  | { is: 'done'; paste: KeptPaste; isKept: boolean }
  | { is: 'failed'; error: unknown }
  | { is: 'cancelled' };

export type Upload = { id: number; item: Item; terms: Terms; status: UploadStatus };

export function isActive({ status }: Upload): boolean {
  return status.is === 'waiting' || status.is === 'running';
}
