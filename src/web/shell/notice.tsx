/** A few words and nothing to do: what went wrong, or what was done. */
export type NoticeProps = { heading: string; paragraphs: string[]; links?: { href: string; text: string }[] };

export function NoticePage({ heading, paragraphs, links = [] }: NoticeProps) {
  return (
    <section class="notice">
      <h1>{heading}</h1>
      {paragraphs.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {links.length > 0 && (
        <p>
          {links.map(({ href, text }) => (
            <a key={href} href={href}>
              {text}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}
