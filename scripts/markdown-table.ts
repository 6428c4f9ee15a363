/** A table in Markdown with aligned columns. @param rows The first one has the names of the columns. */
export function markdownTable(rows: string[][]): string {
  const columns = (rows[0] ?? []).map((_, column) => column);
  // A table needs three dashes in a column.
  const widths = columns.map((column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const [head = '', ...body] = rows.map((row) => {
    const cells = widths.map((width, column) => (row[column] ?? '').padEnd(width));
    return `| ${cells.join(' | ')} |`;
  });
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [head, rule, ...body].join('\n');
}

/** Replaces what is between `<!-- name -->` and `<!-- /name -->`. @throws if a document has no such markers */
export function replaceMarked(document: string, name: string, content: string): string {
  const marked = new RegExp(`(?<=<!-- ${name} -->\\n).*?(?=<!-- /${name} -->)`, 's');
  if (!marked.test(document)) throw new Error(`no <!-- ${name} --> and <!-- /${name} --> markers`);
  return document.replace(marked, () => `\n${content}\n\n`);
}
