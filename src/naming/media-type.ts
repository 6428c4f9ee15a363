/**
 * Media types of source code, configuration and keys, by file extension. Registries assign many of these extensions to
 * video and office formats: `.ts` is `video/mp2t` there.
 */
const extensionsByType: Record<string, string> = {
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
    // Languages without a well-known media type.
    'adp arc asc aw bat cdf cil clp cmd com csh csl cwl dart dts fbs fst gbr geo gml ice ink latex ma mmd mrc ms msg nb nbp nc',
    'nt org pic pls pml pot pwn res rl rq scd scm sdc sieve sls sru st tao tap tcl tex texi texinfo tk tpl vhd xm yang z3',
    // Configuration.
    'ac conf env plist reg',
    // Keys, certificates and signatures.
    'cer crl crt csr key p10 p7b p7c p7s p8 pem pub sig',
  ].join(' '),
};

const typesByExtension = new Map(
  Object.entries(extensionsByType).flatMap(([type, extensions]) =>
    extensions.split(' ').map((extension) => [extension, type]),
  ),
);

/** The media type of a text file by its name (without a path); undefined if the name does not determine it. */
export function textTypeOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  const dot = lower.lastIndexOf('.');
  // `.ts` and `ts` have no extension, but names such as `Makefile` determine the type too.
  if (dot > 0) return typesByExtension.get(lower.slice(dot + 1));
  return lower.endsWith('file') ? typesByExtension.get(lower) : undefined;
}

/** How many of the first bytes are needed to detect a media type. */
export const typeHeadSize = 4100;

/** Whether the bytes are UTF-8 text. The last character may be cut off. */
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
 * The media type of a file by its name and first bytes.
 *
 * @param registered The type of the extension in a registry, if any.
 * @returns undefined if the bytes are not text and the extension is unknown
 */
export function fileTypeOf(
  name: string,
  head: Uint8Array,
  registered: string | undefined,
): string | undefined {
  if (!isTextHead(head)) return registered;
  return textTypeOf(name) ?? registered ?? 'text/plain';
}
