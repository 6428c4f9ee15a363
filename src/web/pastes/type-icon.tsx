import { syntaxOf } from '../shell/syntaxes.ts';

/** SVG paths on a grid of 24 by 24. */
const drawings = {
  text: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  code: 'M9 8l-4 4 4 4M15 8l4 4-4 4',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01',
  audio:
    'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  video: 'M4 5h16v14H4zM10 9l5 3-5 3z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
};

/** An icon for a media type. It is hidden from screen readers, since the type is written beside it. */
export function TypeIcon({ type }: { type: string }) {
  return (
    <svg class="type-icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d={drawings[kindOf(type)]} />
    </svg>
  );
}

function kindOf(type: string): keyof typeof drawings {
  const [family] = type.split('/');
  if (family === 'image' || family === 'audio' || family === 'video') return family;
  const syntax = syntaxOf(type);
  if (syntax && syntax.name !== 'plaintext' && syntax.name !== 'markdown') return 'code';
  return family === 'text' ? 'text' : 'file';
}
