import { keepChoice } from '../cookie.ts';
import { useMessages, useReader } from '../reader.ts';
import { useLive } from '../use-live.ts';
import { type Language, languageCookie, languages } from './language.ts';
import { shellMessages } from './messages.ts';

/** The server renders the texts, so a new choice reloads the page. Without scripts, `Accept-Language` decides. */
export function LanguageChoice() {
  const texts = useMessages(shellMessages);
  const { language, basePath } = useReader();
  if (!useLive()) return null;
  const choose = (chosen: string) => {
    keepChoice(languageCookie, chosen, basePath);
    location.reload();
  };
  return (
    <select
      class="language"
      aria-label={texts.language}
      value={language}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {(Object.keys(languages) as Language[]).map((tag) => (
        <option key={tag} value={tag} lang={tag}>
          {languages[tag]}
        </option>
      ))}
    </select>
  );
}
