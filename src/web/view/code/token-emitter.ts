/** What a stretch of source text is, as far as it has a colour of its own. */
export const colours = ['keyword', 'string', 'number', 'comment', 'title', 'attribute'] as const;

/** By the scopes of highlight.js; those that are not here look like the text around them. */
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

/** Stretches of a text, three numbers each: where it begins, where it ends, and its place among `colours`. */
export type Tokens = Uint32Array<ArrayBuffer>;

/** Takes what highlight.js finds as numbers instead of as HTML: nobody's text becomes markup on its way. */
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
    // What is put into a string is code again.
    if (name === 'subst') return void this.#scopes.push(undefined);
    const colour = colourOfScope[name] ?? colourOfScope[name.split('.')[0] ?? ''];
    this.#scopes.push(colour === undefined ? this.#scopes.at(-1) : colours.indexOf(colour));
  }

  endScope(): void {
    this.#scopes.pop();
  }

  /** The names that highlight.js calls by itself. */
  openNode(name: string): void {
    this.startScope(name);
  }

  closeNode(): void {
    this.endScope();
  }

  /** Takes over what a language within this one came to. */
  __addSublanguage(emitter: TokenEmitter): void {
    const tokens = emitter.#tokens;
    for (let at = 0; at < tokens.length; at += 3)
      this.#push((tokens[at] ?? 0) + this.#length, (tokens[at + 1] ?? 0) + this.#length, tokens[at + 2] ?? 0);
    this.#length += emitter.#length;
  }

  finalize(): void {
    this.#scopes.length = 0;
  }

  /** Nobody asks for it. */
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
