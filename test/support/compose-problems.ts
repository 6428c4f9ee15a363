import { DCLinter } from 'dclint';

/** What the Compose schema and a linter find wrong with a file. Double quotes, as the formatter of this project writes them. */
export function composeProblems(file: string): string[] {
  const linter = new DCLinter({
    rules: { 'require-quotes-in-ports': [2, { quoteType: 'double' }] },
    quiet: true,
    debug: false,
    exclude: [],
  });
  const results = linter.lintFiles([file], false);
  if (results.length !== 1) throw new Error(`${file} was not checked`);
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}
