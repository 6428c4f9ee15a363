import type { StreamSource } from '../../../client/index.ts';
import { seal, sealedMediaType, sealedSize } from '../../../encryption/index.ts';
import { isTextHead } from '../../../naming/media-type.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { LocalSource } from './local-source.ts';
import { typeOfFile } from './media-types.ts';
import { withHead } from './stream-head.ts';

/** A source, encrypted for the server, and its key, which the server does not get. */
type Sealed = {
  source: StreamSource;
  mediaType: string;
  secret: string;
  /** The media type of the content, which the server does not learn. */
  type: string;
  /** Closes a source that was not read to its end. */
  leave(): void;
};

/** Encrypts a source with its name and type, as a stream. */
export async function sealSource(
  source: LocalSource,
  { name, type, password }: { name?: string; type?: string; password?: string },
  signal: AbortSignal,
): Promise<Sealed> {
  const { head, stream } = await unlessAborted(withHead(source.stream()), signal);
  const metadata = { name: name ?? null, type: type ?? (await typeOf(name, head)) };
  const sealed = await seal(stream, metadata, { password }).catch((error) => {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandFailure('the name and the media type are too long', exitCodes.wrongCall);
  });
  const size = source.size === undefined ? undefined : sealedSize(source.size, metadata);
  return {
    source: { ...(size !== undefined && { size }), stream: () => sealed.stream },
    mediaType: sealedMediaType,
    secret: sealed.secret,
    type: metadata.type,
    leave: () => void sealed.stream.cancel().catch(() => undefined),
  };
}

/** The type by name and first bytes. The server cannot detect it, since it sees only encrypted bytes. */
async function typeOf(name: string | undefined, head: Uint8Array): Promise<string> {
  if (name !== undefined) return (await typeOfFile(name, head)) ?? 'application/octet-stream';
  return isTextHead(head) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}
