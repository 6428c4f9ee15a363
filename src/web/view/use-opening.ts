import { useEffect, useRef, useState } from 'preact/hooks';
import { SealError } from '../../encryption/index.ts';
import { type Content, contentOf } from './content.ts';
import { openSealed, requireSecret } from './open-sealed.ts';
import { contentAtHand, isSealed, type ViewProps } from './payload.ts';
import { collect, OpeningError, type Problem, requestRaw } from './raw-bytes.ts';

/** How far a page is with what it shows. */
export type Opening =
  | { step: 'shown'; content: Content }
  /** Before it is opened, which takes a read or a while. */
  | { step: 'ask' }
  /** Scripts have not begun. */
  | { step: 'waiting' }
  | { step: 'busy'; doing: 'loading' | 'decrypting'; bytes: number }
  | { step: 'password'; isWrong: boolean }
  | { step: 'failed'; problem: Problem };

/** What is sealed and larger is not loaded unasked (bytes). */
const largestUnasked = 32_000_000;

/**
 * Opens a payload: at once where that costs nothing. Bytes of a payload whose reads are counted are asked for once, and
 * kept for whatever comes after, a wrong password too.
 *
 * @param secret Undefined until scripts run.
 */
export function useOpening(payload: ViewProps, secret: string | undefined) {
  const sealed = isSealed(payload);
  const isCounted = payload.readsLeft !== null;
  const asks = isCounted || (sealed && payload.size > largestUnasked);
  const [opening, setOpening] = useState<Opening>(() => {
    const content = contentAtHand(payload);
    if (content !== undefined) return { step: 'shown', content };
    return { step: asks ? 'ask' : 'waiting' };
  });
  const [readsLeft, setReadsLeft] = useState(payload.readsLeft);
  const bytes = useRef<Blob | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);

  const progressReport = (doing: 'loading' | 'decrypting', signal: AbortSignal) => (done: number) => {
    if (!signal.aborted) setOpening({ step: 'busy', doing, bytes: done });
  };

  const read = async (signal: AbortSignal): Promise<Blob> => {
    if (bytes.current !== undefined) return bytes.current;
    const { stream, readsLeft: left } = await requestRaw(payload.raw, signal);
    setReadsLeft(left);
    const report = progressReport('loading', signal);
    bytes.current = await collect(stream, report).catch(() => {
      throw new OpeningError(isCounted ? 'broken_off' : 'away');
    });
    return bytes.current;
  };

  const openPlain = async (signal: AbortSignal): Promise<Opening> => {
    const { name, mediaType, raw } = payload;
    const content = await contentOf(await read(signal), { name, mediaType });
    if (isCounted) return { step: 'shown', content };
    return { step: 'shown', content: { ...content, source: { kind: 'address', href: raw } } };
  };

  const unlock = async (signal: AbortSignal, password: string | undefined): Promise<Opening> => {
    requireSecret(secret ?? '');
    const source = isCounted ? await read(signal) : (await requestRaw(payload.raw, signal)).stream;
    const report = progressReport('decrypting', signal);
    if (password !== undefined) report(0);
    const content = await openSealed(source, { secret: secret ?? '', password }, report);
    if (content === 'password-needed') return { step: 'password', isWrong: false };
    return { step: 'shown', content };
  };

  const open = async (password?: string): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    setOpening({ step: 'busy', doing: 'loading', bytes: 0 });
    const outcome = await (sealed ? unlock(signal, password) : openPlain(signal)).catch((error) =>
      failed(error, password),
    );
    if (!signal.aborted) setOpening(outcome);
  };

  useEffect(() => {
    if (secret === undefined || opening.step === 'shown') return;
    if (asks && bytes.current === undefined) setOpening({ step: 'ask' });
    else open();
    // Another secret is another try, and nothing else is.
  }, [secret]);
  useEffect(() => () => running.current?.abort(), []);

  return { opening, readsLeft, open };
}

function failed(error: unknown, password: string | undefined): Opening {
  if (error instanceof OpeningError) return { step: 'failed', problem: error.problem };
  if (!(error instanceof SealError)) return { step: 'failed', problem: 'away' };
  if (error.code === 'password_needed') return { step: 'password', isWrong: false };
  if (error.code === 'wrong_key' && password !== undefined) return { step: 'password', isWrong: true };
  return { step: 'failed', problem: error.code };
}
