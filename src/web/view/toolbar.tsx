import type { ComponentChildren } from 'preact';
import { CopyButton } from '../shell/controls/copy-button.tsx';
import { useMessages } from '../shell/reader.ts';
import { syntaxes, syntaxNamed } from '../shell/syntaxes.ts';
import { useLive } from '../shell/use-live.ts';
import { useSyntaxLabel } from '../shell/use-syntax-label.ts';
import { automatic } from './code/use-tokens.ts';
import { viewMessages } from './messages.ts';
import type { Content } from './opening/content.ts';
import { useContentUrl } from './opening/use-content-url.ts';

type ToolbarProps = { content: Content; id: string; children: ComponentChildren };

/** The actions on any content, and the controls of its view. */
export function Toolbar({ content, id, children }: ToolbarProps) {
  const texts = useMessages(viewMessages);
  const isLive = useLive();
  const { text, source, encoding } = content;
  const file = useContentUrl(content, 'application/octet-stream');
  const plain = useContentUrl(content, `text/plain;charset=${encoding}`);
  // Bytes that only the page has can be shown raw only if they are text.
  const raw = source.kind === 'url' || text !== null ? plain : undefined;
  return (
    <div class="toolbar">
      {isLive && text !== null && <CopyButton text={text} class="copy small" />}
      {file && (
        <a class="button small download" href={file} download={content.name ?? id}>
          {texts.download}
        </a>
      )}
      {raw && (
        <a
          class="button small raw"
          href={raw}
          target={source.kind === 'bytes' ? '_blank' : undefined}
          rel="noopener"
        >
          {texts.raw}
        </a>
      )}
      <div class="view-controls">{children}</div>
    </div>
  );
}

type ToggleProps = {
  class: string;
  isOn: boolean;
  label?: string;
  onToggle: () => void;
  children: ComponentChildren;
};

export function Toggle({ class: name, isOn, label, onToggle, children }: ToggleProps) {
  return (
    <button type="button" class={`small ${name}`} aria-pressed={isOn} title={label} onClick={onToggle}>
      {children}
    </button>
  );
}

type TextControlsProps = {
  /** Undefined if lines are so long that they are always wrapped. */
  wraps: boolean | undefined;
  setWraps: (wraps: boolean) => void;
  hasNumbers: boolean;
  setNumbers: (hasNumbers: boolean) => void;
  syntax: string;
  setSyntax: (syntax: string) => void;
  /** The detected or chosen syntax, if there is one. */
  language: string | undefined;
};

/** The controls for the layout and the highlighting of text. */
export function TextControls(props: TextControlsProps) {
  const { wraps, setWraps, hasNumbers, setNumbers, syntax, setSyntax, language } = props;
  const texts = useMessages(viewMessages);
  const labelOf = useSyntaxLabel();
  const detected = language === undefined ? undefined : syntaxNamed(language);
  return (
    <>
      {wraps !== undefined && (
        <Toggle class="wrap" isOn={wraps} label={texts.wrapLines} onToggle={() => setWraps(!wraps)}>
          {texts.wrap}
        </Toggle>
      )}
      <Toggle
        class="numbers"
        isOn={hasNumbers}
        label={texts.lineNumbers}
        onToggle={() => setNumbers(!hasNumbers)}
      >
        {texts.numbers}
      </Toggle>
      <select
        class="small"
        aria-label={texts.syntax}
        value={syntax}
        onChange={(event) => setSyntax(event.currentTarget.value)}
      >
        <option value={automatic}>
          {syntax === automatic && detected !== undefined
            ? texts.detected(labelOf(detected))
            : texts.automatic}
        </option>
        {syntaxes.map((each) => (
          <option key={each.name} value={each.name}>
            {labelOf(each)}
          </option>
        ))}
      </select>
    </>
  );
}
