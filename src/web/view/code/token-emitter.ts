/** The kinds of source text that have a colour of their own. */
export const colours = ['keyword', 'string', 'number', 'comment', 'title', 'attribute'] as const;

/** The colours by the scopes of highlight.js. Other scopes inherit the colour around them. */
const colourOfScope: Record<string, (typeof colours)[number]> = {
  keyword: 'keyword',
  'meta.keyword': 'keyword',
  'selector-tag': 'keyword',
  literal: 'keyword',
  operator: 'keyword',
  doctag: 'keyword',
  string: 'string',
  'meta.string': 'string',
  regexp: 'string',
  addition: 'string',
  code: 'string',
  symbol: 'number',
  number: 'number',
  bullet: 'number',
  link: 'number',
  comment: 'comment',
  quote: 'comment',
  deletion: 'keyword',
  title: 'title',
  section: 'title',
  name: 'title',
  type: 'title',
  built_in: 'title',
  'selector-class': 'attribute',
  'selector-id': 'attribute',
  'selector-attr': 'attribute',
  'selector-pseudo': 'attribute',
  attr: 'attribute',
  attribute: 'attribute',
  property: 'attribute',
  variable: 'attribute',
  'template-variable': 'attribute',
  meta: 'attribute',
};

/** Three numbers for each token: its start, its end, and its index in `colours`. */
export type Tokens = Uint32Array<ArrayBuffer>;

/** Emits tokens as numbers instead of HTML, so that no text is ever parsed as markup. */
export class TokenEmitter {
  readonly #scopes: (number | undefined)[] = [];
  readonly #tokens: number[] = [];
  #length = 0;

  addText(text: string): void {
    const start = this.#length;
    this.#length += text.length;
    const colour = this.#scopes.at(-1);
    if (colour === undefined || text === '') return;
    this.#push(start, this.#length, colour);
  }

  startScope(name: string): void {
    // An interpolation in a string is code.
    if (name === 'subst') return void this.#scopes.push(undefined);
    const colour = colourOfScope[name] ?? colourOfScope[name.split('.')[0] ?? ''];
    this.#scopes.push(colour === undefined ? this.#scopes.at(-1) : colours.indexOf(colour));
  }

  endScope(): void {
    this.#scopes.pop();
  }

  /** highlight.js calls this name itself. */
  openNode(name: string): void {
    this.startScope(name);
  }

  closeNode(): void {
    this.endScope();
  }

  /** Adds the tokens of an embedded language. */
  __addSublanguage(emitter: TokenEmitter): void {
    const tokens = emitter.#tokens;
    for (let at = 0; at < tokens.length; at += 3)
      this.#push((tokens[at] ?? 0) + this.#length, (tokens[at + 1] ?? 0) + this.#length, tokens[at + 2] ?? 0);
    this.#length += emitter.#length;
  }

  finalize(): void {
    this.#scopes.length = 0;
  }

  /** Required by the interface of highlight.js, and not used. */
  toHTML(): string {
    return '';
  }

  tokens(): Tokens {
    return Uint32Array.from(this.#tokens);
  }

  #push(start: number, end: number, colour: number): void {
    const last = this.#tokens.length - 3;
    if (last >= 0 && this.#tokens[last + 1] === start && this.#tokens[last + 2] === colour)
      this.#tokens[last + 1] = end;
    else this.#tokens.push(start, end, colour);
  }
}
