import { useHref } from '../reader.ts';
import type { Language } from '../text/language.ts';

/** A page with a message only, such as an error. */
export type NoticeProps = {
  heading: string;
  paragraphs: string[];
  links?: { path: string; text: string }[];
  /** The language of the message, if it is not the language of the page. */
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
