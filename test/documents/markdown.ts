export type FencedBlock = { language: string; text: string; line: number };

/** The fenced blocks of a Markdown text, in order; `line` is the line where the text of a block begins, from 1. */
export function fencedBlocks(markdown: string): FencedBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

/** The text outside of fenced blocks. */
export function prose(markdown: string): string {
  return markdown.replaceAll(/^```\w*\n.*?^```$/gms, '');
}

/** Paths of files in the project that a text names, relative to the file that names them or to the checkout. */
export function namedFiles(markdown: string): string[] {
  const names = prose(markdown).matchAll(
    /(?<=^|[\s(`])(?:[\w-]+\/)*[\w-]+\.(?:ts|mjs|md|yaml|json|lock)\b/gm,
  );
  return [...new Set([...linkedFiles(markdown), ...[...names].map(([name]) => name)])];
}

/** The files and folders that a text links to, relative to the file that has the text. */
export function linkedFiles(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
}

/** The sections that a text links to, with their files. An empty file is the text itself. */
export function linkedSections(markdown: string): { file: string; section: string }[] {
  return [...prose(markdown).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)].map((match) => ({
    file: match[1] ?? '',
    section: match[2] ?? '',
  }));
}

/** The anchors of a text's headings, as GitHub generates them. */
export function sectionsOf(markdown: string): string[] {
  return headingsOf(markdown).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The headings of a text, without their marks. */
export function headingsOf(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
}

/** The text of a section, up to the next heading of the same or a higher level. Empty if there is none. */
export function section(markdown: string, heading: string): string {
  const start = markdown.search(new RegExp(`^#+ ${heading}$`, 'm'));
  if (start === -1) return '';
  const [marks = ''] = /^#+/.exec(markdown.slice(start)) ?? [];
  const rest = markdown.slice(start + marks.length + heading.length + 1);
  const end = rest.search(new RegExp(`^#{1,${marks.length}} `, 'm'));
  return end === -1 ? rest : rest.slice(0, end);
}

/** The values in backticks in the first column of every table. */
export function firstColumn(markdown: string): string[] {
  return [...markdown.matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1] ?? '');
}
