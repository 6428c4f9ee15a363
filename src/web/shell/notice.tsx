import type { Language } from './language.ts';
import { useHref } from './reader.ts';

/** A few words and nothing to do: what went wrong, or what was done. */
export type NoticeProps = {
  heading: string;
  paragraphs: string[];
  links?: { path: string; text: string }[];
  /** The language of it, where that is not the reader's. */
  lang?: Language;
};

export function NoticePage({ heading, paragraphs, links = [], lang }: NoticeProps) {
  const hrefTo = useHref();
  return (
    <section class="notice" lang={lang}>
      <h1>{heading}</h1>
      {paragraphs.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {links.length > 0 && (
        <p class="links">
          {links.map(({ path, text }) => (
            <a key={path} href={hrefTo(path)}>
              {text}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}
