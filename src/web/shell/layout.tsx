import type { ComponentChildren } from 'preact';
import { useHref, useMessages } from './reader.ts';
import { LanguageChoice } from './text/language-choice.tsx';
import { shellMessages } from './text/messages.ts';
import { ThemeSwitch } from './theme-switch.tsx';

/** The header and the footer of every page. `current` is the path of the page, for the navigation. */
export function Layout({ current, children }: { current: string; children: ComponentChildren }) {
  const texts = useMessages(shellMessages);
  const hrefTo = useHref();
  const links = [
    { path: '/', text: texts.newPaste },
    { path: '/pastes', text: texts.myPastes },
    { path: '/account', text: texts.account },
  ];
  return (
    <>
      <a class="skip" href="#content">
        {texts.skip}
      </a>
      <header class="top">
        <a class="brand" href={hrefTo('/')} aria-label="Mayfly">
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <path d="M16 6c1 0 1.6.8 1.6 2v14L16 29l-1.6-7V8c0-1.2.6-2 1.6-2z" fill="currentColor" />
            <path d="M14 13C7 4 2 6 2 10c0 5 7 7 12 6zM18 13c7-9 12-7 12-3 0 5-7 7-12 6z" class="wing" />
            <path d="M14 17c-6 0-9 3-8 5 1 3 6 1 8-3zM18 17c6 0 9 3 8 5-1 3-6 1-8-3z" class="wing low" />
          </svg>
          <span>Mayfly</span>
        </a>
        <nav aria-label={texts.mainNavigation}>
          {links.map(({ path, text }) => (
            <a key={path} href={hrefTo(path)} aria-current={path === current ? 'page' : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <ThemeSwitch />
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <footer class="bottom">
        <span class="tagline">Mayfly, {texts.tagline}</span>
        <a href={hrefTo('/docs')}>{texts.apiDocs}</a>
        <a href={hrefTo('/llms.txt')}>{texts.forPrograms}</a>
        <a href={hrefTo('/assets/licenses.txt')}>{texts.licenses}</a>
        <LanguageChoice />
      </footer>
    </>
  );
}
