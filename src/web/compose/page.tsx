import { useMessages } from '../shell/reader.ts';
import { composeMessages } from './messages.ts';

export type ComposeProps = {
  /** The most bytes of one upload. */
  maxSize: number;
  /** Seconds. */
  defaultTtl: number;
  /** Seconds. */
  maxTtl: number;
};

/** `/`: text and files go in here. Without scripts it is a plain form. */
export function ComposePage(_props: ComposeProps) {
  const texts = useMessages(composeMessages);
  return (
    <form class="compose" method="post" action="/" enctype="multipart/form-data">
      <h1>{texts.heading}</h1>
      <label>
        {texts.expiry}
        <select name="ttl">
          <option value="1h">1 h</option>
        </select>
      </label>
      <label>
        {texts.text}
        <textarea name="text" rows={12} spellcheck={false} />
      </label>
      <label>
        {texts.file}
        <input type="file" name="file" />
      </label>
      <button type="submit">{texts.share}</button>
    </form>
  );
}
