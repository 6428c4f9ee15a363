// Text for manual pages, in the macros of man(7).

/** Text that is printed as it is: its hyphens and quotes can be copied into a shell. */
export function escaped(text: string): string {
  const special: Record<string, string> = {
    '\\': '\\(rs',
    '-': '\\-',
    "'": '\\(aq',
    '`': '\\(ga',
    '~': '\\(ti',
    '^': '\\(ha',
    '"': '\\(dq',
  };
  const characters = text.replaceAll(/[\\\-'`~^"]|[^\n -~]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return special[character] ?? `\\[u${code}]`;
  });
  // A line that begins with a dot would be a macro.
  return characters.replaceAll(/^\./gm, '\\&.');
}

export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** @param body Roff, ending with a line break. */
export function section(title: string, body: string): string {
  return `.SH ${title}\n${body}`;
}

/** A list of terms, in roff, each with its explanation, in plain text. */
export function entries(list: (readonly [term: string, explanation: string])[]): string {
  return list.map(([term, explanation]) => `.TP\n${term}\n${filled(explanation)}`).join('');
}

/** A paragraph in lines of a usual length. */
export function filled(text: string): string {
  return `${escaped(wrapped(text, 76).join('\n'))}\n`;
}

/** Words in lines of at most `width` characters. A longer word has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Lines that are neither filled nor wrapped. */
export function verbatim(text: string): string {
  return `.nf\n${escaped(text)}\n.fi\n`;
}
