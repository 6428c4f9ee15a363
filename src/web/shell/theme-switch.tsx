import { keepChoice } from './cookie.ts';
import { useMessages, useReader } from './reader.ts';
import { shellMessages } from './text/messages.ts';
import { themeCookie } from './theme.ts';
import { useLive } from './use-live.ts';

/** Switches between the themes, and stores the choice. */
export function ThemeSwitch() {
  const texts = useMessages(shellMessages);
  const { basePath } = useReader();
  const isLive = useLive();
  if (!isLive) return <span class="theme-switch" />;
  const toggle = () => {
    const root = document.documentElement;
    const shown =
      root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    const other = shown === 'dark' ? 'light' : 'dark';
    root.dataset.theme = other;
    keepChoice(themeCookie, other, basePath);
  };
  return (
    <button
      type="button"
      class="theme-switch icon"
      onClick={toggle}
      aria-label={texts.theme}
      title={texts.theme}
    >
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
        <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" stroke-width="2" />
        <path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" />
      </svg>
    </button>
  );
}
