import { useEffect, useRef, useState } from 'preact/hooks';
import { SealError } from '../../../encryption/index.ts';
import { type Content, contentOf } from './content.ts';
import { openEncrypted, requireSecret } from './open-encrypted.ts';
import { availableContent, isEncryptedPayload, type ViewProps } from './payload.ts';
import { collect, OpeningError, type OpeningErrorCode, requestRaw } from './raw-bytes.ts';

/** The state of the content of the page. */
export type Opening =
  | { step: 'shown'; content: Content }
  /** The reader has to ask for it, because it uses up a read or is large. */
  | { step: 'ask' }
  /** Scripts do not run yet. */
  | { step: 'waiting' }
  | { step: 'busy'; doing: 'loading' | 'decrypting'; bytes: number }
  | { step: 'password'; isWrong: boolean }
  | { step: 'failed'; code: OpeningErrorCode };

/** Larger encrypted content is loaded only on demand (bytes). */
const maxAutoLoadSize = 32_000_000;

/**
 * Opens a payload: immediately if that uses up no read. With counted reads, the bytes are requested once and kept, so
 * that another password needs no other read.
 *
 * @param secret Undefined until scripts run.
 */
export function useOpening(payload: ViewProps, secret: string | undefined) {
  const isEncrypted = isEncryptedPayload(payload);
  const isCounted = payload.readsLeft !== null;
  const asks = isCounted || (isEncrypted && payload.size > maxAutoLoadSize);
  const [opening, setOpening] = useState<Opening>(() => {
    const content = availableContent(payload);
    if (content !== undefined) return { step: 'shown', content };
    return { step: asks ? 'ask' : 'waiting' };
  });
  const [readsLeft, setReadsLeft] = useState(payload.readsLeft);
  const bytes = useRef<Blob | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);

  const progressListener = (doing: 'loading' | 'decrypting', signal: AbortSignal) => (done: number) => {
    if (!signal.aborted) setOpening({ step: 'busy', doing, bytes: done });
  };

  const read = async (signal: AbortSignal): Promise<Blob> => {
    if (bytes.current !== undefined) return bytes.current;
    const { stream, readsLeft: left } = await requestRaw(payload.raw, signal);
    setReadsLeft(left);
    const onProgress = progressListener('loading', signal);
    bytes.current = await collect(stream, onProgress).catch(() => {
      throw new OpeningError(isCounted ? 'broken_off' : 'away');
    });
    return bytes.current;
  };

  const openPlain = async (signal: AbortSignal): Promise<Opening> => {
    const { name, mediaType, raw } = payload;
    const content = await contentOf(await read(signal), { name, mediaType });
    if (isCounted) return { step: 'shown', content };
    return { step: 'shown', content: { ...content, source: { kind: 'url', href: raw } } };
  };

  const unlock = async (signal: AbortSignal, password: string | undefined): Promise<Opening> => {
    requireSecret(secret ?? '');
    const source = isCounted ? await read(signal) : (await requestRaw(payload.raw, signal)).stream;
    const onProgress = progressListener('decrypting', signal);
    if (password !== undefined) onProgress(0);
    const content = await openEncrypted(source, { secret: secret ?? '', password }, onProgress);
    if (content === 'password-needed') return { step: 'password', isWrong: false };
    return { step: 'shown', content };
  };

  const open = async (password?: string): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    setOpening({ step: 'busy', doing: 'loading', bytes: 0 });
    const outcome = await (isEncrypted ? unlock(signal, password) : openPlain(signal)).catch((error) =>
      failed(error, password),
    );
    if (!signal.aborted) setOpening(outcome);
  };

  useEffect(() => {
    if (secret === undefined || opening.step === 'shown') return;
    if (asks && bytes.current === undefined) setOpening({ step: 'ask' });
    else open();
    // Only another secret starts another try.
  }, [secret]);
  useEffect(() => () => running.current?.abort(), []);

  return { opening, readsLeft, open };
}

function failed(error: unknown, password: string | undefined): Opening {
  if (error instanceof OpeningError) return { step: 'failed', code: error.code };
  if (!(error instanceof SealError)) return { step: 'failed', code: 'away' };
  if (error.code === 'password_needed') return { step: 'password', isWrong: false };
  if (error.code === 'wrong_key' && password !== undefined) return { step: 'password', isWrong: true };
  return { step: 'failed', code: error.code };
}
