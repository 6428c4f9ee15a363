import { useMessages } from '../shell/reader.ts';
import { viewMessages } from './messages.ts';

/** A payload, as far as it is known without reading it. Times are milliseconds since the epoch, sizes bytes. */
export type ViewProps = {
  id: string;
  name: string | null;
  mediaType: string;
  size: number;
  isText: boolean;
  createdAt: number;
  expiresAt: number;
  /** Null where reads are not counted. */
  readsLeft: number | null;
  /** The content, where it is text, is not counted, and is not too large to be sent along. */
  text: string | null;
};

/** `/p/{hash_id}`. Looking at it takes no read: the reader asks for that. */
export function ViewPage(props: ViewProps) {
  const texts = useMessages(viewMessages);
  const { id, name, mediaType, size, expiresAt, readsLeft, text } = props;
  return (
    <article class="view">
      <h1>{name ?? id}</h1>
      <p>
        {mediaType}, {size} B, {new Date(expiresAt).toISOString()}
      </p>
      {readsLeft === null ? (
        <>
          {text !== null && <pre>{text}</pre>}
          <a href={`/raw/${id}`}>{texts.raw}</a>
        </>
      ) : (
        <form action={`/raw/${id}`} method="get">
          <p>{texts.counted(readsLeft)}</p>
          <button type="submit">{texts.open}</button>
        </form>
      )}
    </article>
  );
}
