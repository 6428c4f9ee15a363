/** An instruction of a Dockerfile, with the name of its stage (the last one may have none). */
type Instruction = { stage: string; name: string; text: string };

/** The instructions of a Dockerfile, without comments, and with continued lines joined. */
export function readDockerfile(text: string): Instruction[] {
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  let stage = '';
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split(' ');
      if (name === 'FROM') stage = rest[1] === 'AS' ? (rest[2] ?? '') : '';
      return { stage, name, text: rest.join(' ') };
    });
}

export type Copy = { from: string | undefined; sources: string[]; target: string };

/** The arguments of a COPY instruction. `from` is the stage that the files come from, if any. */
export function readCopy({ text }: Instruction): Copy {
  const from = /^--from=(\S+) /.exec(text)?.[1];
  const paths = text.split(' ').filter((word) => !word.startsWith('--'));
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** The words of an instruction in JSON form, such as ENTRYPOINT ["bun"]. */
export function readWords(instructions: Instruction[], name: string): string[] {
  const { text } = instructions.findLast((instruction) => instruction.name === name) ?? { text: '' };
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

/** The variables that ENV sets in the last stage. */
export function readEnvironment(instructions: Instruction[]): Record<string, string> {
  const pairs = instructions
    .filter(({ stage, name }) => stage === '' && name === 'ENV')
    .flatMap(({ text }) => text.split(/\s+/).map((pair) => pair.split('=') as [string, string]));
  return Object.fromEntries(pairs);
}
