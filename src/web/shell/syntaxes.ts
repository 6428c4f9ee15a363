import { textTypeOf } from '../../naming/media-type.ts';

/** A language of text that the author can choose, and that is highlighted for readers. */
export type Syntax = {
  /** The value in the form, and the name of the language in highlight.js. */
  name: string;
  /** The name that pages show by `useSyntaxLabel`. */
  label: string;
  /** The media type of texts with this syntax. */
  mediaType: string;
  /** Other types for the same syntax: from IANA, from `mime-types`, and common unregistered ones. */
  alsoTypes?: string[];
};

/** Plain text first, then the others in the order of their labels. */
export const syntaxes: readonly Syntax[] = [
  { name: 'plaintext', label: 'Plain text', mediaType: 'text/plain' },
  {
    name: 'bash',
    label: 'Bash',
    mediaType: 'application/x-sh',
    alsoTypes: ['text/x-sh', 'text/x-shellscript', 'application/x-shellscript'],
  },
  { name: 'c', label: 'C', mediaType: 'text/x-c', alsoTypes: ['text/x-csrc', 'text/x-chdr'] },
  { name: 'csharp', label: 'C#', mediaType: 'text/x-csharp' },
  { name: 'cpp', label: 'C++', mediaType: 'text/x-c++', alsoTypes: ['text/x-c++src', 'text/x-c++hdr'] },
  { name: 'css', label: 'CSS', mediaType: 'text/css' },
  { name: 'diff', label: 'Diff', mediaType: 'text/x-diff', alsoTypes: ['text/x-patch'] },
  { name: 'dockerfile', label: 'Dockerfile', mediaType: 'text/x-dockerfile' },
  { name: 'go', label: 'Go', mediaType: 'text/x-go' },
  { name: 'graphql', label: 'GraphQL', mediaType: 'application/graphql', alsoTypes: ['text/x-graphql'] },
  {
    name: 'xml',
    label: 'HTML, XML',
    mediaType: 'text/html',
    alsoTypes: ['text/xml', 'application/xml', 'application/xhtml+xml', 'image/svg+xml'],
  },
  {
    name: 'ini',
    label: 'INI, TOML',
    mediaType: 'text/x-ini',
    alsoTypes: ['application/toml', 'text/x-toml'],
  },
  { name: 'java', label: 'Java', mediaType: 'text/x-java-source', alsoTypes: ['text/x-java'] },
  {
    name: 'javascript',
    label: 'JavaScript',
    mediaType: 'text/javascript',
    alsoTypes: ['application/javascript', 'application/node', 'text/jsx'],
  },
  {
    name: 'json',
    label: 'JSON',
    mediaType: 'application/json',
    alsoTypes: [
      'application/json5',
      'application/geo+json',
      'application/ld+json',
      'application/manifest+json',
    ],
  },
  { name: 'kotlin', label: 'Kotlin', mediaType: 'text/x-kotlin' },
  { name: 'lua', label: 'Lua', mediaType: 'text/x-lua' },
  { name: 'makefile', label: 'Makefile', mediaType: 'text/x-makefile' },
  { name: 'markdown', label: 'Markdown', mediaType: 'text/markdown', alsoTypes: ['text/x-markdown'] },
  { name: 'nginx', label: 'Nginx', mediaType: 'text/x-nginx-conf' },
  { name: 'perl', label: 'Perl', mediaType: 'text/x-perl', alsoTypes: ['application/x-perl'] },
  { name: 'php', label: 'PHP', mediaType: 'text/x-php', alsoTypes: ['application/x-httpd-php'] },
  { name: 'powershell', label: 'PowerShell', mediaType: 'text/x-powershell' },
  { name: 'python', label: 'Python', mediaType: 'text/x-python', alsoTypes: ['application/x-python-code'] },
  { name: 'r', label: 'R', mediaType: 'text/x-r' },
  { name: 'ruby', label: 'Ruby', mediaType: 'text/x-ruby' },
  { name: 'rust', label: 'Rust', mediaType: 'text/x-rust' },
  { name: 'scala', label: 'Scala', mediaType: 'text/x-scala' },
  { name: 'scss', label: 'SCSS', mediaType: 'text/x-scss' },
  { name: 'sql', label: 'SQL', mediaType: 'application/sql', alsoTypes: ['text/x-sql', 'application/x-sql'] },
  { name: 'swift', label: 'Swift', mediaType: 'text/x-swift' },
  {
    name: 'typescript',
    label: 'TypeScript',
    mediaType: 'text/x-typescript',
    alsoTypes: ['application/typescript', 'text/tsx'],
  },
  {
    name: 'yaml',
    label: 'YAML',
    mediaType: 'application/yaml',
    alsoTypes: ['text/yaml', 'text/x-yaml', 'application/x-yaml'],
  },
];

const byName = new Map(syntaxes.map((syntax) => [syntax.name, syntax]));
const byType = new Map(
  syntaxes.flatMap((syntax) => [syntax.mediaType, ...(syntax.alsoTypes ?? [])].map((type) => [type, syntax])),
);

export function syntaxNamed(name: string): Syntax | undefined {
  return byName.get(name);
}

/**
 * The syntax of a media type, with or without parameters; undefined if none is known. If the type belongs to no syntax,
 * the file name decides before `+json` and `+xml`, because the registered type of `.rs` ends in `+xml`.
 */
export function syntaxOf(mediaType: string, name: string | null = null): Syntax | undefined {
  const essence = essenceOf(mediaType);
  const known = byType.get(essence) ?? byType.get(textTypeOf(name ?? '') ?? '');
  if (known !== undefined) return known;
  if (essence.endsWith('+json')) return byName.get('json');
  return essence.endsWith('+xml') ? byName.get('xml') : undefined;
}

/** `type/subtype` in lower case. */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Text that the author chose to be plain. For `text/plain` alone, the page guesses a language. */
export const plainOnlyType = 'text/plain;syntax=none';

export function isPlainOnly(mediaType: string): boolean {
  return /^text\/plain\s*;(?:.*;)?\s*syntax=none\s*(?:;|$)/i.test(mediaType);
}
