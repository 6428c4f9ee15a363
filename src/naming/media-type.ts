/**
 * Types of source code, configuration and keys, by the endings of their names. Registries of types give many of these
 * endings to films, office files and the like: `.ts` is `video/mp2t` there.
 */
const endingsByType: Record<string, string> = {
  'text/javascript': 'js mjs cjs pac',
  'text/x-c': 'c h',
  'text/x-c++': 'cc cpp cxx c++ hh hpp hxx h++ ino cu cuh',
  'text/x-csharp': 'cs csx',
  'text/x-diff': 'diff patch',
  'text/x-dockerfile': 'dockerfile containerfile',
  'text/x-go': 'go',
  'text/x-graphql': 'graphql gql graphqls',
  'text/x-ini': 'ini cfg properties',
  'text/x-java-source': 'java',
  'text/x-kotlin': 'kt kts',
  'text/x-lua': 'lua',
  'text/x-makefile': 'makefile gnumakefile mk mak',
  'text/x-perl': 'pl pm',
  'text/x-php': 'php phtml',
  'text/x-powershell': 'ps1 psm1 psd1',
  'text/x-python': 'py pyw pyi',
  'text/x-r': 'r',
  'text/x-ruby': 'rb rake gemspec gemfile rakefile',
  'text/x-rust': 'rs',
  'text/x-scala': 'scala sc sbt',
  'text/x-scss': 'scss',
  'text/x-sh': 'sh bash zsh ksh',
  'text/x-sql': 'sql fnc plb prc spc',
  'text/x-swift': 'swift',
  'text/x-toml': 'toml',
  'text/x-typescript': 'ts mts cts tsx',
  'text/yaml': 'yaml yml raml',
  'text/plain': [
    // Languages without a type that anybody knows.
    'adp arc asc aw bat cdf cil clp cmd com csh csl cwl dart dts fbs fst gbr geo gml ice ink latex ma mmd mrc ms msg nb nbp nc',
    'nt org pic pls pml pot pwn res rl rq scd scm sdc sieve sls sru st tao tap tcl tex texi texinfo tk tpl vhd xm yang z3',
    // Configuration.
    'ac conf env plist reg',
    // Keys, certificates and signatures.
    'cer crl crt csr key p10 p7b p7c p7s p8 pem pub sig',
  ].join(' '),
};

const typesByEnding = new Map(
  Object.entries(endingsByType).flatMap(([type, endings]) =>
    endings.split(' ').map((ending) => [ending, type]),
  ),
);

/** The type of text under a file name (without a path); undefined where the name does not show it. */
export function textTypeOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  const dot = lower.lastIndexOf('.');
  // `.ts` and `ts` have no ending, but `Makefile` says all that one could.
  if (dot > 0) return typesByEnding.get(lower.slice(dot + 1));
  return lower.endsWith('file') ? typesByEnding.get(lower) : undefined;
}

/** So many bytes at the beginning of content are enough for `mediaTypeOf`. */
export const typeHeadSize = 4100;

/** Whether bytes begin as UTF-8 text does; a character may be cut off at the end. */
export function isTextHead(head: Uint8Array): boolean {
  if (head.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * The type of a file by its name and first bytes together.
 *
 * @param registered What a registry of types says of the ending, if anything.
 * @returns Undefined for bytes that are not text and whose name says nothing.
 */
export function fileTypeOf(
  name: string,
  head: Uint8Array,
  registered: string | undefined,
): string | undefined {
  if (!isTextHead(head)) return registered;
  return textTypeOf(name) ?? registered ?? 'text/plain';
}
