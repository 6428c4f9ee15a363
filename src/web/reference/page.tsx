/** `/docs`. The reference is in English, and is the same for all readers: the server renders it once. */
export function ReferencePage({ html }: { html: string }) {
  return <article class="reference" lang="en" dangerouslySetInnerHTML={{ __html: html }} />;
}
