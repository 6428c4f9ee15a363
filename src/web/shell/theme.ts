/** The reader's choice; without one, the page follows the system setting. */
export type Theme = 'light' | 'dark';

export const themeCookie = 'mayfly_theme';

export function isTheme(text: string | undefined): text is Theme {
  return text === 'light' || text === 'dark';
}
