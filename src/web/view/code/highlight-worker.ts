import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import go from 'highlight.js/lib/languages/go';
import graphql from 'highlight.js/lib/languages/graphql';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import makefile from 'highlight.js/lib/languages/makefile';
import markdown from 'highlight.js/lib/languages/markdown';
import nginx from 'highlight.js/lib/languages/nginx';
import perl from 'highlight.js/lib/languages/perl';
import php from 'highlight.js/lib/languages/php';
import powershell from 'highlight.js/lib/languages/powershell';
import python from 'highlight.js/lib/languages/python';
import r from 'highlight.js/lib/languages/r';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import scala from 'highlight.js/lib/languages/scala';
import scss from 'highlight.js/lib/languages/scss';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { ready } from '../timed-worker.ts';
import { TokenEmitter, type Tokens } from './token-emitter.ts';

/** Without a known language, the language is guessed. */
export type HighlightRequest = { text: string; language?: string };

/** Without a language, no tokens were found. */
export type Highlighted = { language?: string; tokens: Tokens };

/** The languages of `src/web/shell/syntaxes.ts`. */
const languages = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  go,
  graphql,
  ini,
  java,
  javascript,
  json,
  kotlin,
  lua,
  makefile,
  markdown,
  nginx,
  perl,
  php,
  powershell,
  python,
  r,
  ruby,
  rust,
  scala,
  scss,
  sql,
  swift,
  typescript,
  xml,
  yaml,
};

/** The languages that are guessed. With more of them, guesses would be wrong more often. */
const guessed = [
  ...['bash', 'c', 'cpp', 'css', 'diff', 'go', 'ini', 'java', 'javascript', 'json', 'lua', 'php', 'python'],
  ...['ruby', 'rust', 'sql', 'typescript', 'xml', 'yaml'],
];

/** Guesses with a lower relevance are dropped: prose contains a few keywords of every language. */
const minRelevance = 6;

for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
hljs.configure({ __emitter: TokenEmitter });

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const highlighted = highlight(data);
  postMessage(highlighted, { transfer: [highlighted.tokens.buffer] });
});
postMessage(ready);

function highlight({ text, language = isJson(text) ? 'json' : '' }: HighlightRequest): Highlighted {
  const known = hljs.getLanguage(language);
  const found = known
    ? hljs.highlight(text, { language, ignoreIllegals: true })
    : hljs.highlightAuto(text, guessed);
  if (known === undefined && found.relevance < minRelevance) return { tokens: new Uint32Array(0) };
  // highlight.js also accepts aliases, such as file extensions.
  const name = Object.keys(languages).find(
    (one) => hljs.getLanguage(one) === (known ?? hljs.getLanguage(found.language ?? '')),
  );
  const emitter = found._emitter as unknown as TokenEmitter;
  return { language: name, tokens: emitter.tokens() };
}

/** Short JSON has too little relevance to be guessed. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
